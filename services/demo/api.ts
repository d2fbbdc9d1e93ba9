export type Api = <T>(method: string, path: string, body?: unknown) => Promise<T>

/** An answer that is not 2xx; `problem` is the RFC 9457 document. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  constructor(status: number, problem: { title?: string; detail?: string }) {
    super(problem.detail ?? problem.title ?? `status ${status}`)
    this.status = status
  }
}

/** Calls Plumbline's API at `url`. */
export const apiAt =
  (url: string, key?: string): Api =>
  async <T>(method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    const json = text === '' ? {} : JSON.parse(text)
    if (!response.ok) throw new ApiError(response.status, json as { title?: string; detail?: string })
    return json as T
  }
