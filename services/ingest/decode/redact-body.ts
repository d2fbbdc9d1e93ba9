import { REDACTED_ATTRIBUTE } from '../../../shared/model/redaction.ts'
import {
  findSecrets,
  isSensitiveKey,
  MASK,
  masked,
  mayHoldSecret,
  RULES,
  type Rule,
} from '../../../shared/security/redact.ts'
import { DecodeError } from './error.ts'
import type { FieldSpec, Message } from './json/schema.ts'
import { decodeText, encodeText } from './utf8.ts'
import { BYTES, Wire } from './wire.ts'

/** A request without its secrets, as protobuf, and how many values each rule masked. */
export type Clean = { body: Uint8Array; redacted: Map<Rule, number> }

const EMPTY = new Uint8Array(0)
const NOTE = encodeText(REDACTED_ATTRIBUTE)
const END = encodeText('-----END ')
/** Bytes of a trace id: what is longer in its place may be text. */
const LONGEST_ID = 16
/** Messages whose attributes tell which rules masked something inside. */
const ITEMS = new Set(['Span', 'LogRecord'])
const INSIDE_VALUES = new Set(['AnyValue', 'ArrayValue', 'KeyValueList'])

/**
 * What is kept of a request in place of `body` (protobuf) because it holds secrets, or null where none is found. Every string and every
 * bytes field is looked at, also those that no column keeps; fields that are unknown are left out. Decoding the result again finds
 * nothing more to mask, so the log gives the same rows after a crash.
 */
export const withoutSecrets = (body: Uint8Array, root: Message, maxDepth: number): Clean | null => {
  const rewriter = new Rewriter(body, maxDepth)
  const clean = rewriter.message(root, 0, body.length, 0)
  return rewriter.changed ? { body: clean, redacted: rewriter.redacted } : null
}

class Rewriter {
  changed = false
  readonly redacted = new Map<Rule, number>()
  readonly #wire = new Wire()
  readonly #maxDepth: number
  /** Rules that masked something in the item at hand. */
  #rules = new Set<Rule>()
  /** A private key began in a value of a list and has not ended: its lines follow. */
  #inKey = false

  constructor(body: Uint8Array, maxDepth: number) {
    this.#wire.start(body)
    this.#maxDepth = maxDepth
  }

  /** The message that stands between two places of the body, rewritten. */
  message(spec: Message, from: number, to: number, depth: number): Uint8Array {
    if (depth > this.#maxDepth) return this.#left(from, to, EMPTY)
    const isItem = ITEMS.has(spec.name)
    if (isItem) this.#rules = new Set()
    if (!INSIDE_VALUES.has(spec.name)) this.#inKey = false
    const sensitive = spec.name === 'KeyValue' && this.#hasSensitiveKey(from, to)
    const out: Uint8Array[] = []
    const w = this.#wire
    w.range(from, to)
    while (w.pos < to) {
      const start = w.pos
      const tag = w.tag()
      const field = byNumber(spec).get(tag >>> 3)
      if ((tag & 7) !== BYTES) {
        w.skip(tag, 0)
        if (field) out.push(w.buf.subarray(start, w.pos))
        else this.#left(start, w.pos, EMPTY)
        continue
      }
      const end = w.until()
      const inner = w.pos
      if (field) {
        const content = sensitive && tag === 18 ? this.#hidden(inner, end) : this.#content(field, inner, end, depth)
        out.push(varint(tag), varint(content.length), content)
      } else this.#left(inner, end, EMPTY)
      w.range(end, to)
    }
    if (isItem && this.#rules.size > 0) out.push(this.#note(spec))
    return joined(out)
  }

  #content(field: FieldSpec, from: number, to: number, depth: number): Uint8Array {
    if (field.message !== null) return this.#inner(field.message, from, to, depth + 1)
    const isText = field.kind === 'string' || field.kind === 'bytes'
    if (isText || (field.kind === 'id' && to - from > LONGEST_ID)) return this.#leaf(from, to)
    return this.#wire.buf.subarray(from, to)
  }

  /** What the decoder did not read, and is no message, is emptied. */
  #inner(spec: Message, from: number, to: number, depth: number): Uint8Array {
    try {
      return this.message(spec, from, to, depth)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return this.#left(from, to, EMPTY)
    }
  }

  /** Something that is not taken over: a change only where it held a secret. */
  #left(from: number, to: number, instead: Uint8Array): Uint8Array {
    if (mayHoldSecret(this.#wire.buf.subarray(from, to))) this.changed = true
    return instead
  }

  #leaf(from: number, to: number): Uint8Array {
    const { buf } = this.#wire
    if (this.#inKey) return this.#keyLine(from, to)
    const found = findSecrets(buf, from, to)
    const last = found.at(-1)
    if (last === undefined) return buf.subarray(from, to)
    for (const { rule } of found) this.#count(rule)
    this.#inKey = last.rule === 'private_key' && last.to === to
    return masked(buf, from, to, found)
  }

  /** One more line of a private key that came as a list of lines. */
  #keyLine(from: number, to: number): Uint8Array {
    const line = this.#wire.buf.subarray(from, to)
    const end = Buffer.from(line.buffer, line.byteOffset, line.length).indexOf(END)
    this.changed = true
    this.#inKey = end < 0
    return end < 0 ? MASK : joined([MASK, line.subarray(end)])
  }

  /** The value of a sensitive key: an AnyValue that holds the mask, unless it does already or is empty. */
  #hidden(from: number, to: number): Uint8Array {
    const value = this.#wire.buf.subarray(from, to)
    const mask = field(1, MASK)
    if (value.length === 0 || Buffer.compare(value, mask) === 0) return value
    this.#count('sensitive_key')
    return mask
  }

  #hasSensitiveKey(from: number, to: number): boolean {
    const w = this.#wire
    let key = ''
    w.range(from, to)
    while (w.pos < to) {
      const tag = w.tag()
      if (tag !== 10) {
        w.skip(tag, 0)
        continue
      }
      const end = w.until()
      key = decodeText(w.buf.subarray(w.pos, end))
      w.pos = end
    }
    return isSensitiveKey(key)
  }

  #count(rule: Rule): void {
    this.changed = true
    this.#rules.add(rule)
    this.redacted.set(rule, (this.redacted.get(rule) ?? 0) + 1)
  }

  /** The attribute of the item that names the rules. */
  #note(spec: Message): Uint8Array {
    const rules = encodeText(RULES.filter((rule) => this.#rules.has(rule)).join(','))
    const entry = joined([field(1, NOTE), field(2, field(1, rules))])
    return field(spec.fields.get('attributes')!.number, entry)
  }
}

const numbers = new WeakMap<Message, Map<number, FieldSpec>>()

const byNumber = (spec: Message): Map<number, FieldSpec> => {
  let known = numbers.get(spec)
  if (known === undefined) {
    known = new Map([...spec.fields.values()].map((one) => [one.number, one]))
    numbers.set(spec, known)
  }
  return known
}

/** A field with a length, as it stands on the wire. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  joined([varint((number << 3) | BYTES), varint(content.length), content])

const varint = (value: number): Uint8Array => {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

const joined = (parts: Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
