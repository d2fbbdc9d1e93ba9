const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const MASK = 0xffffffffffffffffn
const SEPARATOR = 0xff

/** The fingerprint that Prometheus and Alertmanager give these labels: FNV-1a, 64 bits, over the sorted labels. */
export function fingerprint(labels: Readonly<Record<string, string>>): string {
  const encoder = new TextEncoder()
  let hash = OFFSET
  const add = (byte: number) => {
    hash = ((hash ^ BigInt(byte)) * PRIME) & MASK
  }
  for (const name of Object.keys(labels).sort()) {
    for (const byte of encoder.encode(name)) add(byte)
    add(SEPARATOR)
    for (const byte of encoder.encode(labels[name] ?? '')) add(byte)
    add(SEPARATOR)
  }
  return hash.toString(16).padStart(16, '0')
}
