import type { z } from 'zod'
import { wordsOf } from '../../shared/runtime/issues.ts'
import { ConflictError, InvalidInputError } from '../../shared/state/errors.ts'
import type { Problem } from './api/schemas/common.ts'

export type FieldError = { pointer: string; detail: string }

/** Ends of the URNs that name each kind of problem, for programs; they do not change. */
const kinds: Record<number, string> = {
  400: 'not-valid',
  401: 'key-needed',
  403: 'not-allowed',
  404: 'not-found',
  405: 'method-not-allowed',
  409: 'conflict',
  413: 'too-large',
  415: 'not-json',
  421: 'wrong-host',
  422: 'too-much',
  429: 'too-many',
  500: 'internal',
  503: 'busy',
}

const titles: Record<number, string> = {
  400: 'The request is not valid',
  401: 'A key is needed',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'It collides with what is there',
  413: 'The body is too large',
  415: 'The body must be JSON',
  421: 'Wrong address',
  422: 'It cannot be done',
  429: 'Too many requests',
  500: 'Something broke inside Plumbline',
  503: 'Not available now',
}

/** An answer that is not the one asked for; thrown anywhere below a handler and written as RFC 9457. */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly status: number
  readonly errors: FieldError[] | undefined
  readonly headers: Record<string, string>
  constructor(status: number, detail: string, o: { errors?: FieldError[]; headers?: Record<string, string> } = {}) {
    super(detail)
    this.status = status
    this.errors = o.errors
    this.headers = o.headers ?? {}
  }
}

/** The document of a problem. `instance` is the path that was asked for, without its query. */
export function problemOf(error: ProblemError, instance: string): Problem {
  return {
    type: `urn:plumbline:problem:${kinds[error.status] ?? 'other'}`,
    title: titles[error.status] ?? 'The request failed',
    status: error.status,
    detail: error.message,
    instance,
    ...(error.errors && { errors: error.errors }),
  }
}

export const notFound = (what: string, id: string) =>
  new ProblemError(404, `cannot find ${what} "${printable(id)}": it does not exist, or is older than what is kept`)

/** A query parameter or a field of the body that cannot be used. `where` is `?name` or a JSON pointer. */
export const invalid = (where: string, detail: string) =>
  new ProblemError(400, `cannot use ${where.replace(/^[?/]/, '')}: ${detail}`, {
    errors: [{ pointer: where, detail }],
  })

/** Text of a stranger, short and without control characters, for a sentence. */
export const printable = (text: string) => text.replace(/\p{Cc}/gu, ' ').slice(0, 100)

/** Reads `value` by `schema`; what does not fit becomes a 400 that names each field. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, kind: 'path' | 'query' | 'body'): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = result.error.issues.flatMap((issue) => fieldErrors(issue, kind)).slice(0, 50)
  const first = errors[0]
  const where = first?.pointer.replace(/^[?/]/, '') || kind
  throw new ProblemError(400, `cannot use ${printable(where)}: ${first?.detail ?? 'it is not valid'}`, { errors })
}

function fieldErrors(issue: z.core.$ZodIssue, kind: 'path' | 'query' | 'body'): FieldError[] {
  const pointer = (path: PropertyKey[]) =>
    kind === 'body'
      ? path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
      : `?${path.map(String).join('.')}`
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: pointer([...issue.path, key]).slice(0, 300),
      detail: kind === 'query' ? 'there is no such query parameter' : 'there is no such field',
    }))
  return [{ pointer: pointer(issue.path).slice(0, 300), detail: wordsOf(issue) }]
}

type HttpError = { status?: number; type?: string; limit?: number }

/** What was thrown, as it may be told: a sentence that says what to do, and nothing of an error that nobody foresaw. */
export function problemFrom(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof InvalidInputError)
    return new ProblemError(400, error.message, { errors: [{ pointer: `/${error.field}`, detail: error.message }] })
  if (error instanceof ConflictError) return new ProblemError(409, error.message)
  const message = String((error as Error)?.message ?? error)
  if (message.startsWith('cannot read cursor'))
    return new ProblemError(400, message, { errors: [{ pointer: '?cursor', detail: message }] })
  const { status, type, limit } = (error ?? {}) as HttpError
  if (type === 'entity.too.large')
    return new ProblemError(413, `cannot read the body: it is larger than ${limit} bytes`)
  if (type === 'entity.parse.failed')
    return new ProblemError(400, 'cannot read the body: it is not valid JSON', {
      errors: [{ pointer: '', detail: 'it is not valid JSON' }],
    })
  if (status === 415) return new ProblemError(415, 'cannot read the body: send UTF-8 JSON, plain or gzip')
  if (status !== undefined && status >= 400 && status < 500)
    return new ProblemError(status, 'cannot read the request: it is malformed')
  if (/TIMEOUT_EXCEEDED|Timeout exceeded|MEMORY_LIMIT|TOO_MANY_ROWS|Limit for/i.test(message))
    return new ProblemError(422, 'cannot answer: this would read too much. Ask for a shorter time or set more filters')
  return new ProblemError(500, 'cannot answer: an unexpected error, see the log of Plumbline')
}
