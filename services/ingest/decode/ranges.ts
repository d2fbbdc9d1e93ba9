import type { Wire } from './wire.ts'

/** Places in the body: begin and end of each occurrence of a field. */
export class Ranges {
  data = new Int32Array(32)
  count = 0

  clear(): void {
    this.count = 0
  }

  /** Notes the length-delimited field at the reader, and passes over it. */
  add(w: Wire): void {
    const to = w.until()
    if (this.count * 2 === this.data.length) {
      const data = new Int32Array(this.data.length * 2)
      data.set(this.data)
      this.data = data
    }
    this.data[this.count * 2] = w.pos
    this.data[this.count * 2 + 1] = to
    this.count++
    w.pos = to
  }

  from(index: number): number {
    return this.data[index * 2]!
  }

  to(index: number): number {
    return this.data[index * 2 + 1]!
  }
}
