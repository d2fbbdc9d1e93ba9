const offset = 0xcbf29ce484222325n
const prime = 0x100000001b3n
const mask = 0xffffffffffffffffn

/** FNV-1a, 64 bits, over the UTF-16 units of `text` (low byte, then high byte), as a decimal string. */
export function hash64(text: string): string {
  let h = offset
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    h = ((h ^ BigInt(unit & 0xff)) * prime) & mask
    h = ((h ^ BigInt(unit >> 8)) * prime) & mask
  }
  return h.toString()
}
