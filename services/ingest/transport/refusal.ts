import { DecodeError } from '../decode/index.ts'
import { Unavailable } from '../unavailable.ts'

/** Why a request is not taken, as an HTTP answer; gRPC maps `status` by the OTLP table. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: Record<string, string>
  readonly retryAfterS: number | undefined
  /** What of the request is at fault, for google.rpc.BadRequest. */
  readonly violation: string | undefined
  /** True for an error that no rule foresaw; its text is logged and not sent. */
  readonly isUnexpected: boolean

  constructor(
    status: number,
    message: string,
    o: { headers?: Record<string, string>; retryAfterS?: number; violation?: string; isUnexpected?: boolean } = {},
  ) {
    super(message)
    this.status = status
    this.headers = o.headers ?? {}
    this.retryAfterS = o.retryAfterS
    this.violation = o.violation
    this.isUnexpected = o.isUnexpected ?? false
  }
}

/**
 * Any error as the answer that the sender gets. What is not known is 503: a sender may try it again, while a 500 would
 * make it drop its data (OTLP, "Failures").
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof DecodeError) return new Refusal(400, error.message, { violation: 'body' })
  if (error instanceof Unavailable)
    return new Refusal(503, `cannot take the request now: ${error.message}`, { retryAfterS: error.retryAfterS })
  return new Refusal(503, 'cannot take the request now: something unexpected happened', {
    retryAfterS: 1,
    isUnexpected: true,
  })
}
