import { Lexer } from './lexer.ts'
import { writeScalar } from './scalar.ts'
import type { FieldSpec, Message } from './schema.ts'
import { WireOut } from './wire-out.ts'

/** Messages this deep hold little; what nests deeper may hold much, and is not moved at each level. */
const SHALLOW = 7

type Name = { bytes: Uint8Array; spec: FieldSpec; isSnake: boolean }

/** The names of a message's members, by their length. */
const tables = new WeakMap<Message, Name[][]>()

const tableOf = (message: Message): Name[][] => {
  const known = tables.get(message)
  if (known !== undefined) return known
  const table: Name[][] = []
  for (const [name, spec] of message.fields) {
    const bytes = Uint8Array.from(name, (c) => c.charCodeAt(0))
    const same = table[bytes.length] ?? []
    same.push({ bytes, spec, isSnake: name.includes('_') })
    table[bytes.length] = same
  }
  tables.set(message, table)
  return table
}

/** What a member became: bytes `from` to `to` of the output. */
type Written = { spec: FieldSpec; from: number; to: number }

/** A request as wire bytes, how many of its keys were spelt as in the .proto file, and how many lone surrogates it had. */
export type Transcoded = { wire: Uint8Array; snakeKeys: number; mended: number }

/**
 * OTLP/JSON to protobuf wire bytes, exact: integers of 64 bits never pass through a double. Unknown members are passed over, null
 * is the default, of a member that comes twice the last one counts. `maxDepth` bounds messages inside messages.
 */
export const transcode = (body: Uint8Array, request: Message, maxDepth: number): Transcoded => {
  const transcoder = new Transcoder(body, maxDepth)
  transcoder.whole(request)
  const { data, used } = transcoder.out
  return { wire: data.subarray(0, used), snakeKeys: transcoder.snakeKeys, mended: transcoder.mended }
}

class Transcoder {
  readonly out = new WireOut()
  snakeKeys = 0
  readonly #lexer: Lexer
  readonly #maxDepth: number

  constructor(body: Uint8Array, maxDepth: number) {
    this.#lexer = new Lexer(body)
    this.#maxDepth = maxDepth
  }

  get mended(): number {
    return this.#lexer.mended
  }

  whole(request: Message): void {
    const lexer = this.#lexer
    this.#object(request, 0)
    if (lexer.peek() !== -1) throw lexer.fail('text after the end')
  }

  #object(message: Message, depth: number): void {
    const lexer = this.#lexer
    if (depth > this.#maxDepth) throw lexer.fail('nested too deep')
    const table = tableOf(message)
    let seen = 0
    let written: Written[] | null = null
    lexer.expect(123)
    if (lexer.accept(125)) return
    do {
      lexer.peek()
      lexer.string()
      const spec = this.#member(table)
      lexer.expect(58)
      if (spec === null) {
        lexer.skip()
        continue
      }
      const bit = 1 << spec.number
      if ((seen & bit) !== 0) this.#forget(written ?? [], spec)
      seen |= bit
      const from = this.out.used
      this.#field(spec, depth)
      written ??= []
      written.push({ spec, from, to: this.out.used })
    } while (lexer.accept(44))
    lexer.expect(125)
  }

  #member(table: Name[][]): FieldSpec | null {
    const { text, from, to } = this.#lexer
    const names = table[to - from]
    if (names === undefined) return null
    next: for (const { bytes, spec, isSnake } of names) {
      for (let i = 0; i < bytes.length; i++) if (bytes[i] !== text[from + i]) continue next
      if (isSnake) this.snakeKeys++
      return spec
    }
    return null
  }

  /** Takes back what was written of a member that comes again. */
  #forget(written: Written[], spec: FieldSpec): void {
    const index = written.findIndex((entry) => entry.spec.number === spec.number)
    const { from, to } = written[index]!
    this.out.remove(from, to)
    written.splice(index, 1)
    for (const entry of written) {
      if (entry.from < to) continue
      entry.from -= to - from
      entry.to -= to - from
    }
  }

  #field(spec: FieldSpec, depth: number): void {
    const lexer = this.#lexer
    if (lexer.peek() === 110) {
      lexer.word('null')
      return
    }
    if (!spec.repeated) {
      this.#value(spec, depth)
      return
    }
    lexer.expect(91)
    if (lexer.accept(93)) return
    do this.#value(spec, depth)
    while (lexer.accept(44))
    lexer.expect(93)
  }

  #value(spec: FieldSpec, depth: number): void {
    if (spec.message === null) {
      writeScalar(this.#lexer, spec, this.out)
      return
    }
    this.out.tag(spec.number, 2)
    const isWide = depth > SHALLOW
    const begun = this.out.begin(isWide)
    if (spec.repeated && this.#lexer.peek() === 110) this.#lexer.word('null')
    else this.#object(spec.message, depth + 1)
    this.out.end(begun, isWide)
  }
}
