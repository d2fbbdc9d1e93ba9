/** The request cannot be taken now and should be sent again: 503 or UNAVAILABLE, with a time to wait. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly retryAfterS: number

  constructor(message: string, retryAfterS = 1) {
    super(message)
    this.retryAfterS = retryAfterS
  }
}
