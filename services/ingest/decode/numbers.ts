import { writeExemplars } from './exemplars.ts'
import type { NumberBlock } from './metric-columns.ts'
import { NO_RECORDED_VALUE, PointReader } from './point.ts'
import { fields } from './wire.ts'

const KNOWN = fields(2, 3, 4, 5, 6, 7, 8)

/** Reads the points of gauges and sums. */
export class NumberReader extends PointReader<NumberBlock> {
  #value = 0
  #intLo = 0
  #intHi = 0
  #isInt = false
  #hasValue = false

  protected scan(to: number): void {
    const w = this.wire
    this.#value = this.#intLo = this.#intHi = 0
    this.#isInt = this.#hasValue = false
    while (w.pos < to) {
      const tag = w.tag()
      if (this.times(tag)) continue
      if (tag === 33) this.#setDouble(w.double())
      else if (tag === 49) this.#setInt()
      else if (tag === 42) this.exemplars.add(w)
      else if (tag === 58) this.core.attributes.add()
      else if (tag === 64) this.flags = w.uint32()
      else w.skip(tag, KNOWN)
    }
  }

  #setDouble(value: number): void {
    this.#value = value
    this.#intLo = this.#intHi = 0
    this.#isInt = false
    this.#hasValue = true
  }

  #setInt(): void {
    const w = this.wire
    w.fixed64()
    this.#value = (w.hi | 0) * 4294967296 + w.lo
    this.#intLo = w.lo
    this.#intHi = w.hi
    this.#isInt = true
    this.#hasValue = true
  }

  protected refusal(): string {
    const isStale = (this.flags & NO_RECORDED_VALUE) !== 0
    return this.#hasValue || isStale ? '' : 'data points without a value rejected'
  }

  protected write(block: NumberBlock): void {
    block.value.pushDouble(this.#value)
    block.valueInt.push64(this.#intLo, this.#intHi)
    block.isInt.push(this.#isInt ? 1 : 0)
    writeExemplars(this.core, this.exemplars, block.exemplars)
  }
}
