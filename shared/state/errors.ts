/** What was asked for cannot be done with these values; the message says why and what to do. */
export class InvalidInputError extends Error {
  override name = 'InvalidInputError'
  readonly field: string
  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/** It collides with what is there already: a name in use, say. */
export class ConflictError extends Error {
  override name = 'ConflictError'
}
