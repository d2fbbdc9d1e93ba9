import type { Decoded, Encoding, Signal } from '../decode/index.ts'

/** google.rpc.Code by HTTP status; googleapis/google/rpc/code.proto. */
const CODES: Record<number, number> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 8,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
}
/** Clients read at most 64 KiB of an answer (Collector), so texts are cut well below. */
const MAX_MESSAGE_CHARS = 2000

export type Status = { code: number; message: string; violation?: string | undefined; retryAfterS?: number | undefined }

export const codeOf = (httpStatus: number): number => CODES[httpStatus] ?? 2

const cut = (text: string) => (text.length <= MAX_MESSAGE_CHARS ? text : `${text.slice(0, MAX_MESSAGE_CHARS - 1)}…`)

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return bytes
}

const bytesField = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(varint(field * 8 + 2)), Buffer.from(varint(value.length)), value])
const textField = (field: number, text: string): Buffer => bytesField(field, Buffer.from(text))
const numberField = (field: number, value: number): Buffer => Buffer.from([...varint(field * 8), ...varint(value)])

const any = (type: string, value: Uint8Array): Buffer =>
  Buffer.concat([textField(1, `type.googleapis.com/google.rpc.${type}`), bytesField(2, value)])

/** google.rpc.Status as protobuf, with BadRequest and RetryInfo in its details where they apply. */
export function encodeStatus(status: Status): Buffer {
  const parts = [numberField(1, status.code), textField(2, cut(status.message))]
  if (status.violation) {
    const violation = Buffer.concat([textField(1, status.violation), textField(2, cut(status.message))])
    parts.push(bytesField(3, any('BadRequest', bytesField(1, violation))))
  }
  if (status.retryAfterS !== undefined) {
    const duration = numberField(1, status.retryAfterS)
    parts.push(bytesField(3, any('RetryInfo', bytesField(1, duration))))
  }
  return Buffer.concat(parts)
}

function statusJson(status: Status): string {
  const details: object[] = []
  const message = cut(status.message)
  const type = (name: string) => ({ '@type': `type.googleapis.com/google.rpc.${name}` })
  if (status.violation)
    details.push({ ...type('BadRequest'), fieldViolations: [{ field: status.violation, description: message }] })
  if (status.retryAfterS !== undefined) details.push({ ...type('RetryInfo'), retryDelay: `${status.retryAfterS}s` })
  return JSON.stringify({ code: status.code, message, ...(details.length > 0 && { details }) })
}

export const CONTENT_TYPES: Record<Encoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** The body of an error answer in the encoding of its request. */
export const statusBody = (encoding: Encoding, status: Status): Buffer =>
  encoding === 'protobuf' ? encodeStatus(status) : Buffer.from(statusJson(status))

const REJECTED: Record<Signal, string> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
}

/** The body of a success: empty, or with partial_success where items were rejected or something is to be said. */
export function successBody(signal: Signal, encoding: Encoding, decoded: Decoded): Buffer {
  const message = cut(decoded.remarks.join('; ')) || (decoded.rejected > 0 ? 'some items are not valid' : '')
  if (message === '') return Buffer.from(encoding === 'protobuf' ? '' : '{}')
  if (encoding === 'json') {
    const rejected = decoded.rejected > 0 ? { [REJECTED[signal]]: String(decoded.rejected) } : {}
    return Buffer.from(JSON.stringify({ partialSuccess: { ...rejected, errorMessage: message } }))
  }
  const rejected = decoded.rejected > 0 ? numberField(1, decoded.rejected) : Buffer.alloc(0)
  return bytesField(1, Buffer.concat([rejected, textField(2, message)]))
}
