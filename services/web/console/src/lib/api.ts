/** One way to the API: JSON in, JSON out, problems as errors that say what to do. */

export type Params = Record<string, string | number | null | undefined>

/** An RFC 9457 problem, or what went wrong on the way. `status` 0 means that the server was not reached. */
export class ApiProblem extends Error {
  readonly status: number
  readonly detail: string
  constructor(status: number, title: string, detail: string) {
    super(title)
    this.status = status
    this.detail = detail
  }
}

/** A problem in one line: its detail says what is wrong and what to do, its title is for where there is none. */
export const sentence = ({ message, detail }: ApiProblem): string => {
  const text = detail || message
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function apiPath(path: string, params: Params = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
  }
  const text = query.toString()
  return `/api/v1${path}${text ? `?${text}` : ''}`
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const fallback = `The server answered ${response.status}.`
  try {
    const body = (await response.json()) as { title?: unknown; detail?: unknown }
    const title = typeof body.title === 'string' ? body.title : fallback
    return new ApiProblem(response.status, title, typeof body.detail === 'string' ? body.detail : '')
  } catch {
    return new ApiProblem(response.status, fallback, '')
  }
}

type Options = { method?: string; body?: unknown; signal?: AbortSignal }

/** Reads or writes one path of the API. Throws an `ApiProblem`. */
export async function call<T>(path: string, params?: Params, options: Options = {}): Promise<T> {
  const init: RequestInit = { method: options.method ?? 'GET', headers: { accept: 'application/json' } }
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body)
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
  }
  if (options.signal) init.signal = options.signal
  let response: Response
  try {
    response = await fetch(apiPath(path, params), init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiProblem(0, 'The Plumbline server cannot be reached.', 'Check that "plumbline up" is running.')
  }
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}
