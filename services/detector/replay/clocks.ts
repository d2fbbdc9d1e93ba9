import { Clocks, pairOf } from '../clocks.ts'
import type { Memory } from '../memory.ts'

/** Event time itself is the clock: every minute before now is closed, and nothing is under way. */
export class ReplayClocks extends Clocks {
  readonly #of: Pick<Memory, 'lines' | 'metrics' | 'counts'>

  constructor(of: Pick<Memory, 'lines' | 'metrics' | 'counts'>) {
    super()
    this.#of = of
  }

  override closedMinute(pair: string, nowMs: number): number | null {
    const { lines, metrics, counts } = this.#of
    const line = lines.lines.get(pair)
    const before = Math.floor(nowMs / 60_000) - 1
    const seen = (m: number) => line?.points.has(m) || metrics.has(pair, m) || counts.has(pair, m)
    for (let m = before; m > before - 120; m--) if (seen(m)) return m
    return null
  }

  override quiet(): boolean {
    return false
  }

  override importing(): boolean {
    return false
  }

  override behind(pair: string, nowMs: number): number | null {
    const before = Math.floor(nowMs / 60_000) - 1
    const own = this.closedMinute(pair, nowMs) ?? 0
    if (before - own < 2 || before - own > 90) return null
    const alive = [...this.#of.lines.lines.values()].some(
      (l) => pairOf(l.service, l.environment) !== pair && l.points.has(before),
    )
    return alive ? before : null
  }
}
