/** The body cannot be decoded: HTTP 400 or INVALID_ARGUMENT, with the message in google.rpc.Status. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}
