/** Protobuf wire bytes by hand, for what no encoder would write. */
export const varint = (value: bigint | number): number[] => {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return [...bytes, Number(rest)]
}

const tag = (field: number, type: number): number[] => varint((field << 3) | type)
export const int = (field: number, value: bigint | number): number[] => [...tag(field, 0), ...varint(value)]
export const len = (field: number, ...parts: (Iterable<number> | string)[]): number[] => {
  const content = parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : [...part]))
  return [...tag(field, 2), ...varint(content.length), ...content]
}
export const fixed64 = (field: number, value: bigint): number[] => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true)
  return [...tag(field, 1), ...bytes]
}
export const group = (field: number, ...content: number[]): number[] => [...tag(field, 3), ...content, ...tag(field, 4)]

/** A trace request with one span of these fields. */
export const traceRequest = (...span: Iterable<number>[]): Uint8Array =>
  Uint8Array.from(len(1, len(2, len(2, ...span))))
