/** What the commands ask the API with. Paths are under /api/v1. */
export type Client = {
  url: string
  get<T>(path: string, query?: Query): Promise<T>
  send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>
}

export type Query = Record<string, string | number | boolean | undefined>

export const DEFAULT_URL = 'http://127.0.0.1:8080'

/** Nothing answers at the address; a command may know what to do without. */
export class UnreachableError extends Error {
  override name = 'UnreachableError'
}

/** An answer that is a problem: its sentence is the message. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

type Problem = { detail?: string; errors?: { pointer: string; detail: string }[] }

/**
 * A client of the API at PLUMBLINE_URL, with PLUMBLINE_API_KEY where one is set.
 * @throws UnreachableError, ApiError with the sentence of the problem
 */
export function createClient(
  env: Record<string, string | undefined> = process.env,
  fetcher: typeof fetch = fetch,
): Client {
  const url = (env.PLUMBLINE_URL || DEFAULT_URL).replace(/\/+$/, '').replace(/\/api\/v1$/, '')
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new Error(`cannot use PLUMBLINE_URL="${url}": write http://host:8080`)
  const key = env.PLUMBLINE_API_KEY
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetcher(`${url}/api/v1${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(key && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(60_000),
    }).catch((error: Error) => {
      throw unreachable(url, error)
    })
    const text = await response.text()
    if (!response.ok) throw apiError(url, response.status, text, key !== undefined)
    return (text === '' ? undefined : readJson(text, url)) as T
  }
  return {
    url,
    get: (path, query) => ask('GET', `${path}${search(query)}`),
    send: (method, path, body) => ask(method, path, body),
  }
}

function unreachable(url: string, error: Error): UnreachableError {
  const { code, message } = (error.cause ?? {}) as { code?: string; message?: string }
  const why =
    code === 'ECONNREFUSED'
      ? 'nothing listens there'
      : error.name === 'TimeoutError'
        ? 'it did not answer in 60 s'
        : (code ?? message ?? error.message)
  return new UnreachableError(
    `cannot reach Plumbline at ${url}: ${why}. Start it with \`plumbline up\`, or set PLUMBLINE_URL`,
  )
}

function apiError(url: string, status: number, text: string, hasKey: boolean): ApiError {
  let problem: Problem = {}
  try {
    problem = JSON.parse(text) as Problem
  } catch {}
  if (status === 401)
    return new ApiError(
      status,
      hasKey
        ? 'cannot ask: PLUMBLINE_API_KEY is unknown there or was revoked. Make one with `plumbline key create`'
        : 'cannot ask: this Plumbline needs a key. Set PLUMBLINE_API_KEY',
    )
  const fields = (problem.errors ?? []).slice(1).map((e) => `\n  ${e.pointer}: ${e.detail}`)
  return new ApiError(
    status,
    `${problem.detail ?? `cannot use the answer ${status} of ${url}: it is not Plumbline's API. Set PLUMBLINE_URL to the address of its console`}${fields.join('')}`,
  )
}

function readJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`cannot read the answer of ${url}: it is not JSON. Is this Plumbline's address?`)
  }
}

/** Query text of what is given. */
export function search(query: Query = {}): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
  )
  return given.length === 0 ? '' : `?${given.map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&')}`
}
