import { DecodeError } from '../error.ts'

/** The deepest nesting of members that are not ours. */
const MAX_SKIPPED_DEPTH = 1000
const QUOTE = 34
const BACKSLASH = 92
const ESCAPES: Record<number, number> = { 34: 34, 92: 92, 47: 47, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 }

/**
 * Reads JSON (RFC 8259) from bytes, token by token, and makes no objects: numbers stay text, strings stay bytes. Does not recurse.
 * Every error is a DecodeError.
 */
export class Lexer {
  src: Uint8Array
  pos = 0
  /** The last string or number: bytes `from` to `to` of `text`. Valid until the next. */
  text: Uint8Array
  from = 0
  to = 0
  /** Lone surrogates, which became U+FFFD. */
  mended = 0
  #unescaped = new Uint8Array(256)

  constructor(src: Uint8Array) {
    this.src = src
    this.text = src
  }

  fail(what: string): DecodeError {
    return new DecodeError(`cannot decode JSON: ${what} at byte ${this.pos}`)
  }

  /** The next byte that is not white space, -1 at the end. It is not passed over. */
  peek(): number {
    const { src } = this
    let pos = this.pos
    while (pos < src.length) {
      const byte = src[pos]!
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break
      pos++
    }
    this.pos = pos
    return pos < src.length ? src[pos]! : -1
  }

  /** Passes over one byte of punctuation. */
  expect(byte: number): void {
    if (this.peek() !== byte) throw this.fail(`expected "${String.fromCharCode(byte)}"`)
    this.pos++
  }

  /** Whether the byte comes next; passed over where it does. */
  accept(byte: number): boolean {
    if (this.peek() !== byte) return false
    this.pos++
    return true
  }

  /** Passes over a word: true, false or null. */
  word(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.src[this.pos + i] !== word.charCodeAt(i)) throw this.fail('unexpected text')
    }
    this.pos += word.length
  }

  /** Reads a string into `text`, unescaped; a lone surrogate becomes U+FFFD. */
  string(): void {
    this.expect(QUOTE)
    const { src } = this
    const from = this.pos
    for (let pos = from; pos < src.length; pos++) {
      const byte = src[pos]!
      if (byte === QUOTE) {
        this.text = src
        this.from = from
        this.to = pos
        this.pos = pos + 1
        return
      }
      if (byte === BACKSLASH) {
        this.#escaped(from, pos)
        return
      }
      if (byte < 32) break
    }
    throw this.fail('string not ended, or with a control character,')
  }

  #escaped(from: number, first: number): void {
    const { src } = this
    let used = first - from
    this.#room(used)
    this.#unescaped.set(src.subarray(from, first))
    this.pos = first
    while (this.pos < src.length) {
      const byte = src[this.pos++]!
      if (byte === QUOTE) {
        this.text = this.#unescaped
        this.from = 0
        this.to = used
        return
      }
      if (byte < 32) break
      this.#room(used + 4)
      if (byte !== BACKSLASH) this.#unescaped[used++] = byte
      else used = this.#escape(used)
    }
    throw this.fail('string not ended, or with a control character,')
  }

  #room(bytes: number): void {
    if (bytes <= this.#unescaped.length) return
    const grown = new Uint8Array(Math.max(bytes, this.#unescaped.length * 2))
    grown.set(this.#unescaped)
    this.#unescaped = grown
  }

  #escape(used: number): number {
    const byte = this.src[this.pos++] ?? -1
    if (byte === 117) return this.#codePoint(used)
    const plain = ESCAPES[byte]
    if (plain === undefined) throw this.fail('unknown escape')
    this.#unescaped[used] = plain
    return used + 1
  }

  #codePoint(used: number): number {
    let code = this.#hex4()
    if (code >= 0xd800 && code <= 0xdbff && this.src[this.pos] === BACKSLASH && this.src[this.pos + 1] === 117) {
      const back = this.pos
      this.pos += 2
      const low = this.#hex4()
      if (low >= 0xdc00 && low <= 0xdfff) code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      else this.pos = back
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      code = 0xfffd
      this.mended++
    }
    const out = this.#unescaped
    let at = used
    if (code < 0x80) out[at++] = code
    else if (code < 0x800) {
      out[at++] = 0xc0 | (code >> 6)
      out[at++] = 0x80 | (code & 63)
    } else {
      if (code < 0x10000) out[at++] = 0xe0 | (code >> 12)
      else {
        out[at++] = 0xf0 | (code >> 18)
        out[at++] = 0x80 | ((code >> 12) & 63)
      }
      out[at++] = 0x80 | ((code >> 6) & 63)
      out[at++] = 0x80 | (code & 63)
    }
    return at
  }

  #hex4(): number {
    let code = 0
    for (let i = 0; i < 4; i++) {
      const digit = hexDigit(this.src[this.pos++] ?? -1)
      if (digit < 0) throw this.fail('unknown escape')
      code = code * 16 + digit
    }
    return code
  }

  /** Reads a number into `text`, as it stands. */
  number(): void {
    const { src } = this
    const from = this.pos
    let pos = from
    if (src[pos] === 45) pos++
    const first = pos
    pos = digitsEnd(src, pos)
    if (pos === first || (src[first] === 48 && pos > first + 1)) throw this.fail('unexpected text')
    if (src[pos] === 46) {
      const fraction = pos + 1
      pos = digitsEnd(src, fraction)
      if (pos === fraction) throw this.fail('number without digits after its point')
    }
    if (src[pos] === 101 || src[pos] === 69) {
      pos++
      if (src[pos] === 43 || src[pos] === 45) pos++
      const exponent = pos
      pos = digitsEnd(src, exponent)
      if (pos === exponent) throw this.fail('number without digits in its exponent')
    }
    this.text = src
    this.from = from
    this.to = pos
    this.pos = pos
  }

  /** The last string or number as ASCII text; '' where it is longer than any number. */
  ascii(): string {
    if (this.to - this.from > 400) return ''
    let text = ''
    for (let i = this.from; i < this.to; i++) text += String.fromCharCode(this.text[i]!)
    return text
  }

  /** Passes over a value of any kind. */
  skip(): void {
    const open: number[] = []
    do {
      const byte = this.peek()
      if (byte === 123 || byte === 91) {
        this.pos++
        if (open.push(byte) > MAX_SKIPPED_DEPTH) throw this.fail('nested too deep')
        if (this.accept(byte + 2)) open.pop()
        else {
          if (byte === 123) this.#member()
          continue
        }
      } else this.#scalar(byte)
      this.#afterValue(open)
    } while (open.length > 0)
  }

  #member(): void {
    this.string()
    this.expect(58)
  }

  /** After a value: the comma before the next one, or the ends of what it stood in. */
  #afterValue(open: number[]): void {
    while (open.length > 0) {
      const byte = open[open.length - 1]!
      if (this.accept(44)) {
        if (byte === 123) this.#member()
        return
      }
      this.expect(byte + 2)
      open.pop()
    }
  }

  #scalar(byte: number): void {
    if (byte === QUOTE) this.string()
    else if (byte === 116) this.word('true')
    else if (byte === 102) this.word('false')
    else if (byte === 110) this.word('null')
    else this.number()
  }
}

const digitsEnd = (src: Uint8Array, from: number): number => {
  let pos = from
  while (pos < src.length && src[pos]! >= 48 && src[pos]! <= 57) pos++
  return pos
}

/** Value of a hexadecimal digit, -1 where it is none. */
export const hexDigit = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
