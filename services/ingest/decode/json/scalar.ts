import { hexDigit, type Lexer } from './lexer.ts'
import type { FieldSpec, Kind } from './schema.ts'
import type { WireOut } from './wire-out.ts'

const BOUNDS: Partial<Record<Kind, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  enum: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
}
const WIRE_TYPE: Partial<Record<Kind, number>> = {
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  fixed32: 5,
  string: 2,
  bytes: 2,
  id: 2,
}
const INTEGER = /^-?(0|[1-9][0-9]*)$/
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/
const BASE64 = new Int8Array(256).fill(-1)
for (const [i, c] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  BASE64[c.charCodeAt(0)] = i
BASE64[45] = 62
BASE64[95] = 63
/** An id that is not hex is sent on as one zero byte, which no reader takes for an id: only its item suffers. */
const NOT_AN_ID = Uint8Array.of(0)

/** Reads one scalar value and writes it with its tag. */
export const writeScalar = (lexer: Lexer, spec: FieldSpec, out: WireOut): void => {
  out.tag(spec.number, WIRE_TYPE[spec.kind] ?? 0)
  if (spec.kind === 'string') {
    readString(lexer)
    out.bytes(lexer.text, lexer.from, lexer.to)
  } else if (spec.kind === 'id') writeId(lexer, out)
  else if (spec.kind === 'bytes') writeBase64(lexer, out)
  else if (spec.kind === 'bool') writeBool(lexer, out)
  else if (spec.kind === 'double') out.double(readDouble(lexer))
  else writeInteger(lexer, spec, out)
}

const readString = (lexer: Lexer): void => {
  if (lexer.peek() !== 34) throw lexer.fail('expected a string')
  lexer.string()
}

const writeBool = (lexer: Lexer, out: WireOut): void => {
  const isTrue = lexer.peek() === 116
  lexer.word(isTrue ? 'true' : 'false')
  out.varint(isTrue ? 1 : 0, 0)
}

/** Reads a number, or a string that holds one. */
const readNumber = (lexer: Lexer): string => {
  if (lexer.peek() === 34) lexer.string()
  else lexer.number()
  return lexer.ascii()
}

const readDouble = (lexer: Lexer): number => {
  const text = readNumber(lexer)
  if (text === 'NaN') return Number.NaN
  if (text === 'Infinity') return Number.POSITIVE_INFINITY
  if (text === '-Infinity') return Number.NEGATIVE_INFINITY
  if (!NUMBER.test(text)) throw lexer.fail('expected a number')
  return Number(text)
}

const toInteger = (lexer: Lexer, spec: FieldSpec, text: string): bigint => {
  if (INTEGER.test(text)) return BigInt(text)
  const named = spec.names?.get(text)
  if (named !== undefined) return BigInt(named)
  const number = NUMBER.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(number))
    throw lexer.fail(`expected ${spec.names === null ? 'an integer' : 'an integer or a name of the enum'}`)
  return BigInt(number)
}

const writeInteger = (lexer: Lexer, spec: FieldSpec, out: WireOut): void => {
  const text = readNumber(lexer)
  const value = toInteger(lexer, spec, text)
  const [low, high] = BOUNDS[spec.kind]!
  if (value < low || value > high) throw lexer.fail(`number out of range of ${spec.kind}`)
  const lo = Number(value & 0xffffffffn)
  const hi = Number((value >> 32n) & 0xffffffffn)
  if (spec.kind === 'fixed64' || spec.kind === 'sfixed64') out.fixed64(lo, hi)
  else if (spec.kind === 'fixed32') out.fixed32(lo)
  else if (spec.kind === 'sint32') out.varint(((lo << 1) ^ (lo >> 31)) >>> 0, 0)
  else out.varint(lo, hi)
}

const writeId = (lexer: Lexer, out: WireOut): void => {
  readString(lexer)
  const { text, from, to } = lexer
  const size = (to - from) >>> 1
  const id = new Uint8Array(size)
  let isHex = (to - from) % 2 === 0
  for (let i = 0; i < size && isHex; i++) {
    const high = hexDigit(text[from + 2 * i]!)
    const low = hexDigit(text[from + 2 * i + 1]!)
    isHex = high >= 0 && low >= 0
    id[i] = high * 16 + low
  }
  if (isHex) out.bytes(id, 0, size)
  else out.bytes(NOT_AN_ID, 0, 1)
}

const writeBase64 = (lexer: Lexer, out: WireOut): void => {
  readString(lexer)
  const { text, from } = lexer
  let { to } = lexer
  while (to > from && text[to - 1] === 61 && lexer.to - to < 2) to--
  const size = Math.floor(((to - from) * 3) / 4)
  if ((to - from) % 4 === 1) throw lexer.fail('invalid base64')
  const bytes = new Uint8Array(size)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = from; i < to; i++) {
    const digit = BASE64[text[i]!]!
    if (digit < 0) throw lexer.fail('invalid base64')
    bits = ((bits << 6) | digit) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[at++] = (bits >> held) & 255
  }
  out.bytes(bytes, 0, size)
}
