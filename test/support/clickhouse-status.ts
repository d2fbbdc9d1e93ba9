/**
 * Error codes of the engine by the HTTP status with which a server answers them (its src/Server/HTTP/exceptionCodeToHTTPStatus.cpp).
 * Every other code is answered with 500.
 */
const CODES: Record<number, readonly number[]> = {
  400: [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676],
  401: [194],
  403: [192, 193, 497, 512, 516],
  404: [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511],
  408: [159],
  411: [381],
  413: [229],
  415: [779],
  501: [48],
  503: [76, 209, 439],
}

const byCode = new Map(Object.entries(CODES).flatMap(([status, codes]) => codes.map((code) => [code, Number(status)])))

export const statusOf = (code: number): number => byCode.get(code) ?? 500

/** An exception as the engine words it: `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`. */
export class EngineError extends Error {
  readonly code: number

  constructor(message: string) {
    super(message.slice(Math.max(0, message.search(/Code: \d+/))))
    this.code = Number(/^Code: (\d+)/.exec(this.message)?.[1] ?? 1001)
  }
}

export const exception = (code: number, name: string, text: string): EngineError =>
  new EngineError(`Code: ${code}. DB::Exception: ${text}. (${name})`)
