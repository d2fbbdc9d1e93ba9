import type { SummaryBlock } from './metric-columns.ts'
import { PointReader } from './point.ts'
import { Ranges } from './ranges.ts'
import { fields } from './wire.ts'

const KNOWN = fields(2, 3, 4, 5, 6, 7, 8)
const QUANTILE_KNOWN = fields(1, 2)

/** Reads the points of summaries. */
export class SummaryReader extends PointReader<SummaryBlock> {
  readonly #quantiles = new Ranges()
  #countLo = 0
  #countHi = 0
  #sum = 0

  protected scan(to: number): void {
    const w = this.wire
    this.#countLo = this.#countHi = this.#sum = 0
    this.#quantiles.clear()
    while (w.pos < to) {
      const tag = w.tag()
      if (this.times(tag)) continue
      if (tag === 33) {
        w.fixed64()
        this.#countLo = w.lo
        this.#countHi = w.hi
      } else if (tag === 41) this.#sum = w.double()
      else if (tag === 50) this.#quantiles.add(w)
      else if (tag === 58) this.core.attributes.add()
      else if (tag === 64) this.flags = w.uint32()
      else w.skip(tag, KNOWN)
    }
  }

  protected refusal(): string {
    return ''
  }

  /** A quantile outside 0 to 1, or not above the one before it, is dropped (O82). */
  protected write(block: SummaryBlock): void {
    const w = this.wire
    block.count.push64(this.#countLo, this.#countHi)
    block.sum.pushDouble(this.#sum)
    let last = -1
    for (let i = 0; i < this.#quantiles.count; i++) {
      const to = this.#quantiles.to(i)
      let quantile = 0
      let value = 0
      this.core.intake.node()
      w.range(this.#quantiles.from(i), to)
      while (w.pos < to) {
        const tag = w.tag()
        if (tag === 9) quantile = w.double()
        else if (tag === 17) value = w.double()
        else w.skip(tag, QUANTILE_KNOWN)
      }
      if (quantile > last && quantile >= 0 && quantile <= 1) {
        block.quantiles.pushDouble(quantile)
        block.values.pushDouble(value)
        last = quantile
      } else this.core.intake.remark('summary quantiles outside 0 to 1, or not increasing, dropped')
    }
    block.quantileEnds.push(block.quantiles.used >>> 1)
  }
}
