const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** Text of bytes; what is not UTF-8 becomes U+FFFD. */
export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes)

/** UTF-8 of text; a lone surrogate becomes U+FFFD. */
export const encodeText = (text: string): Uint8Array => encoder.encode(text)

/** The same bytes with each broken sequence replaced by U+FFFD. */
export const repaired = (bytes: Uint8Array): Uint8Array => encoder.encode(decoder.decode(bytes))

/** Bytes of the sequence that `lead` begins, and the range of its second byte; RFC 3629 section 4. */
const sequence = (lead: number): { size: number; low: number; high: number } => {
  if (lead >= 0xc2 && lead <= 0xdf) return { size: 2, low: 0x80, high: 0xbf }
  if (lead === 0xe0) return { size: 3, low: 0xa0, high: 0xbf }
  if (lead === 0xed) return { size: 3, low: 0x80, high: 0x9f }
  if (lead >= 0xe1 && lead <= 0xef) return { size: 3, low: 0x80, high: 0xbf }
  if (lead === 0xf0) return { size: 4, low: 0x90, high: 0xbf }
  if (lead === 0xf4) return { size: 4, low: 0x80, high: 0x8f }
  if (lead >= 0xf1 && lead <= 0xf3) return { size: 4, low: 0x80, high: 0xbf }
  return { size: 0, low: 0, high: 0 }
}

const SEQUENCES = Array.from({ length: 256 }, (_, lead) => sequence(lead))
const SIZE = Uint8Array.from(SEQUENCES, (s) => s.size)
const LOW = Uint8Array.from(SEQUENCES, (s) => s.low)
const HIGH = Uint8Array.from(SEQUENCES, (s) => s.high)

export const isUtf8 = (bytes: Uint8Array, from: number, to: number): boolean => {
  let i = from
  while (i < to) {
    const lead = bytes[i]!
    if (lead < 128) {
      i++
      continue
    }
    const size = SIZE[lead]!
    if (size === 0 || i + size > to) return false
    const second = bytes[i + 1]!
    if (second < LOW[lead]! || second > HIGH[lead]!) return false
    for (let k = i + 2; k < i + size; k++) if ((bytes[k]! & 0xc0) !== 0x80) return false
    i += size
  }
  return true
}

/** The largest cut of at most `max` bytes that splits no sequence. */
export const cutAt = (bytes: Uint8Array, from: number, to: number, max: number): number => {
  if (to - from <= max) return to
  let end = from + max
  while (end > from && end > from + max - 4 && (bytes[end]! & 0xc0) === 0x80) end--
  return end
}
