/** A plain reader of ClickHouse's Native format, for tests: one block to rows. 64-bit numbers become bigint. */
export type Row = Record<string, unknown>

class Cursor {
  pos = 0
  readonly bytes: Uint8Array
  readonly view: DataView
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.pos++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  u64(): bigint {
    this.pos += 8
    return this.view.getBigUint64(this.pos - 8, true)
  }
  text(): string {
    const size = this.varint()
    this.pos += size
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      this.bytes.subarray(this.pos - size, this.pos),
    )
  }
}

const inner = (type: string, outer: string): string | null =>
  type.startsWith(`${outer}(`) ? type.slice(outer.length + 1, -1) : null

const LOW = 'LowCardinality(String)'

const readPrefix = (c: Cursor, type: string): void => {
  if (type === LOW) {
    if (c.u64() !== 1n) throw new Error('dictionary version')
  } else if (type.startsWith('Map(')) readPrefix(c, LOW)
  else {
    const element = inner(type, 'Array')
    if (element !== null) readPrefix(c, element)
  }
}

const many = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read)

const readLow = (c: Cursor, count: number): string[] => {
  if (count === 0) return []
  const width = Number(c.u64() & 255n)
  const keys = many(Number(c.u64()), () => c.text())
  const size = Number(c.u64())
  if (size !== count) throw new Error('dictionary rows')
  return many(size, () => {
    const bytes = 1 << width
    c.pos += bytes
    const at = c.pos - bytes
    const index =
      width === 0 ? c.view.getUint8(at) : width === 1 ? c.view.getUint16(at, true) : c.view.getUint32(at, true)
    const key = keys[index]
    if (key === undefined) throw new Error('dictionary index')
    return key
  })
}

const split = <T>(ends: number[], flat: T[]): T[][] => ends.map((end, i) => flat.slice(i === 0 ? 0 : ends[i - 1], end))

const FIXED: Record<string, [number, (v: DataView, at: number) => unknown]> = {
  UInt8: [1, (v, at) => v.getUint8(at)],
  Bool: [1, (v, at) => v.getUint8(at) === 1],
  UInt16: [2, (v, at) => v.getUint16(at, true)],
  UInt32: [4, (v, at) => v.getUint32(at, true)],
  Int32: [4, (v, at) => v.getInt32(at, true)],
  DateTime: [4, (v, at) => v.getUint32(at, true)],
  UInt64: [8, (v, at) => v.getBigUint64(at, true)],
  Int64: [8, (v, at) => v.getBigInt64(at, true)],
  'DateTime64(9)': [8, (v, at) => v.getBigInt64(at, true)],
  'DateTime64(3)': [8, (v, at) => v.getBigInt64(at, true)],
  Float64: [8, (v, at) => v.getFloat64(at, true)],
}

const readData = (c: Cursor, type: string, count: number): unknown[] => {
  if (type === 'String') return many(count, () => c.text())
  if (type === LOW) return readLow(c, count)
  const element = inner(type, 'Array')
  if (element !== null || type.startsWith('Map(')) {
    const ends = many(count, () => Number(c.u64()))
    const total = ends.at(-1) ?? 0
    if (element !== null) return split(ends, readData(c, element, total))
    const keys = readLow(c, total)
    const values = readData(c, 'String', total)
    return split(
      ends,
      keys.map((key, i) => [key, values[i]]),
    )
  }
  const [size, read] = FIXED[type]!
  return many(count, () => {
    c.pos += size
    return read(c.view, c.pos - size)
  })
}

const readBlock = (c: Cursor): Row[] => {
  const columns = c.varint()
  const count = c.varint()
  const rows: Row[] = many(count, () => ({}))
  for (let i = 0; i < columns; i++) {
    const name = c.text()
    const type = c.text()
    if (count === 0) continue
    readPrefix(c, type)
    readData(c, type, count).forEach((value, row) => {
      rows[row]![name] = value
    })
  }
  return rows
}

/** Rows of one Native block; a Map column becomes a list of pairs. */
export const readNative = (bytes: Uint8Array): Row[] => {
  const c = new Cursor(bytes)
  const rows = readBlock(c)
  if (c.pos !== bytes.length) throw new Error(`block of ${bytes.length} bytes ends at ${c.pos}`)
  return rows
}

/** Rows of all blocks that the engine wrote. */
export const readBlocks = (bytes: Uint8Array): Row[] => {
  const c = new Cursor(bytes)
  const rows: Row[] = []
  while (c.pos < bytes.length) for (const row of readBlock(c)) rows.push(row)
  return rows
}
