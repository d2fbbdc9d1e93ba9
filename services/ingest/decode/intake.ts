import {
  findSecrets,
  findTokens,
  isSensitiveKey,
  MASK,
  masked,
  RULES,
  type Rule,
} from '../../../shared/security/redact.ts'
import { Ceilings } from './ceiling.ts'
import { type LowCard, NOT_ASCII, SUSPECT, SUSPECT_SHORT, type Text } from './columns.ts'
import { DecodeError } from './error.ts'
import type { Limits } from './limits.ts'
import { valueStart } from './map.ts'
import { cutAt, decodeText, encodeText, isUtf8, repaired } from './utf8.ts'

/** The fewest bytes of a token that redact.ts knows, in bytes; only credentials in a URL may be shorter. */
const SHORTEST_TOKEN = 15
/** `cookie`, and the last letters of all keys that redact.ts knows: authorization, cookie, key. */
const SHORTEST_SENSITIVE = 6
const SENSITIVE_ENDS = new Set([...'ney'].map((c) => c.charCodeAt(0)))

/** Flag of a name in a dictionary: it is one too many, and stored as OVERFLOW_NAME. */
const OVER = 1
export const OVERFLOW_NAME = 'otel.overflow'
const OVERFLOW_BYTES = encodeText(OVERFLOW_NAME)
const OVERFLOW_REMARKS = {
  series: 'data points of too many series of one metric stored as one overflow series',
  name: 'names beyond the ceiling stored as one',
}

/** The account of one request: what it may still hold, and what became of its items. */
export class Intake {
  readonly limits: Limits
  readonly redacts: boolean
  accepted = 0
  rejected = 0
  nodes = 0
  /** Grows with every remark and every mask: whoever sees it unchanged knows that nothing was altered. */
  alterations = 0
  /** Whether the body holds what must not be kept, or may hold it where nothing was looked at: it is rewritten then. */
  sensitive = false
  /** Whether any item came with a time of its own. */
  timed = false
  receivedAtMs = 0
  /** Receive time in nanoseconds, as two halves. */
  receivedLo = 0
  receivedHi = 0
  /** Of the item at hand: values cut, attributes dropped by us, rules (a bit each) that masked something. */
  cuts = 0
  dropped = 0
  masks = 0
  #alterationsBefore = 0
  readonly ceilings = new Ceilings()
  /** Items stored under an overflow series or name, by what was too many. */
  readonly overflowed = new Map<string, number>()
  readonly remarks = new Map<string, number>()
  readonly redacted = new Map<Rule, number>()

  constructor(limits: Limits, redacts: boolean) {
    this.limits = limits
    this.redacts = redacts
  }

  begin(receivedAtMs: number): void {
    const nanos = BigInt(Math.trunc(receivedAtMs)) * 1_000_000n
    this.receivedAtMs = receivedAtMs
    this.receivedLo = Number(nanos & 0xffffffffn)
    this.receivedHi = Number(nanos >> 32n)
    this.accepted = 0
    this.rejected = 0
    this.nodes = 0
    this.sensitive = false
    this.timed = false
    this.#alterationsBefore = this.alterations
    this.ceilings.begin(receivedAtMs)
    this.overflowed.clear()
    this.remarks.clear()
    this.redacted.clear()
    this.item()
  }

  item(): void {
    this.cuts = 0
    this.dropped = 0
    this.masks = 0
  }

  accept(): void {
    this.accepted++
    this.#bounded()
  }

  reject(reason: string, items = 1): void {
    this.rejected += items
    this.remark(reason, items)
    this.#bounded()
  }

  /** Whether anything of this request is not in the rows as it came. */
  get altered(): boolean {
    return this.alterations !== this.#alterationsBefore
  }

  #bounded(): void {
    if (this.accepted + this.rejected > this.limits.maxItems) {
      throw new DecodeError(
        `cannot accept more than ${this.limits.maxItems} items in one request: send smaller batches`,
      )
    }
  }

  remark(text: string, times = 1): void {
    this.alterations++
    this.remarks.set(text, (this.remarks.get(text) ?? 0) + times)
  }

  /** Texts that were no valid UTF-8, or had lone surrogates. */
  remarkMended(times = 1): void {
    this.remark('texts with invalid UTF-8 mended', times)
  }

  node(): void {
    if (++this.nodes > this.limits.maxNodes) {
      throw new DecodeError(
        `cannot accept more than ${this.limits.maxNodes} values in one request: send smaller batches`,
      )
    }
  }

  /** Appends a value of at most `max` bytes: cut, made valid UTF-8, and rid of secrets. */
  put(column: Text, src: Uint8Array, from: number, to: number, max: number): void {
    let end = to
    if (to - from > max) {
      end = cutAt(src, from, to, max)
      this.cuts++
      this.remark('values cut to the longest length kept')
    }
    const at = column.used
    const seen = column.put(src, from, end)
    if (seen !== 0) this.#inspect(column, at, seen)
  }

  #inspect(column: Text, at: number, seen: number): void {
    let start = valueStart(column.data, at)
    if ((seen & NOT_ASCII) !== 0 && !isUtf8(column.data, start, column.used)) {
      const fixed = repaired(column.data.subarray(start, column.used))
      column.used = at
      column.put(fixed, 0, fixed.length)
      start = valueStart(column.data, at)
      this.remarkMended()
    }
    const mayHide = (seen & SUSPECT_SHORT) !== 0 || ((seen & SUSPECT) !== 0 && column.used - start >= SHORTEST_TOKEN)
    if (!mayHide || !this.redacts) return
    const found = findTokens(column.data, start, column.used)
    if (found.length === 0) return
    const clean = masked(column.data, start, column.used, found)
    for (const hit of found) this.#count(hit.rule)
    column.used = at
    column.put(clean, 0, clean.length)
  }

  /** Appends a name, cut to the longest length kept. Names of a `kind` have a ceiling, beyond which all are one. */
  putName(column: LowCard, src: Uint8Array, from: number, to: number, kind = ''): void {
    const end = cutAt(src, from, to, this.limits.nameBytes)
    if (end < to) this.remark('names cut to the longest length kept')
    const { dict, words } = column
    const { size, mended } = dict
    let index = dict.find(src, from, end)
    if (dict.mended !== mended) this.remarkMended()
    if (dict.size !== size) {
      this.suspect(src, from, to)
      if (kind !== '' && !this.ceilings.admitsName(kind, decodeText(src.subarray(from, end)))) dict.flags[index] = OVER
    }
    if (dict.flags[index] === OVER) {
      index = dict.find(OVERFLOW_BYTES, 0, OVERFLOW_BYTES.length)
      this.overflow('name')
    }
    words.push(index)
  }

  /** Counts an item that was one too many of its kind. It is stored, so this is no alteration that a secret may hide in. */
  overflow(what: 'series' | 'name'): void {
    this.overflowed.set(what, (this.overflowed.get(what) ?? 0) + 1)
    this.remarks.set(OVERFLOW_REMARKS[what], this.overflowed.get(what)!)
  }

  /**
   * Looks at a text that no column of values has been given: a name that is new, raw bytes, a field that is not read. A secret there
   * is not masked in the columns, but counts as an alteration, and so the body is rewritten (`withoutSecrets`).
   */
  suspect(src: Uint8Array, from: number, to: number): void {
    if (this.redacts && findSecrets(src, from, to).length > 0) this.alterations++
  }

  /** The same of a key inside a value: its own value must not be kept where it is sensitive. */
  suspectKey(src: Uint8Array, from: number, to: number): void {
    if (to - from < SHORTEST_SENSITIVE || !SENSITIVE_ENDS.has(src[to - 1]! | 32)) return
    if (!this.redacts || !isSensitiveKey(decodeText(src.subarray(from, to)))) return
    this.alterations++
    this.sensitive = true
  }

  /** A value that no column has, as another took its place: nothing has looked at it. */
  again(): void {
    this.alterations++
    this.sensitive = true
  }

  /** Appends the mask instead of the value of a key that must not be kept. */
  mask(column: Text): void {
    column.put(MASK, 0, MASK.length)
    this.sensitive = true
    this.#count('sensitive_key')
  }

  #count(rule: Rule): void {
    this.alterations++
    this.masks |= 1 << RULES.indexOf(rule)
    this.redacted.set(rule, (this.redacted.get(rule) ?? 0) + 1)
  }

  /** The rules that masked something in the item at hand. */
  maskedRules(): string {
    return RULES.filter((_, i) => (this.masks & (1 << i)) !== 0).join(',')
  }
}
