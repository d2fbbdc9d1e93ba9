import type { Deploy } from '../../../shared/model/deploy.ts'
import { ms } from '../../../shared/state/deploy-merge.ts'
import type { Store } from '../../../shared/store/store.ts'
import { fill, refill } from './read.ts'
import { type Cell, emptyWindow, sizeOf, type Window } from './window.ts'

/** Minutes before a deploy that can serve as its baseline. */
export const BEFORE_MINUTES = 360
/** … and as its baseline of latencies, whose histograms are the most to keep. */
export const HISTOGRAM_MINUTES = 180
/** Bytes kept in memory over all windows. Those used longest ago go first. */
const MAX_BYTES = 350_000_000

/**
 * Windows over rollups, kept between passes: only the minutes that changed are read again. `load` makes sure that windows
 * are there; what it evicts is read anew when it is asked for.
 */
export class WindowCache {
  readonly #windows = new Map<string, Window>()
  readonly #bytes = new Map<string, number>()
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Reads the changed minutes again into every window kept. */
  async refresh(minutes: readonly number[]): Promise<void> {
    const windows = [...this.#windows.values()].filter((w) => minutes.some((m) => m >= w.fromMinute && m < w.toMinute))
    if (windows.length > 0) await refill(this.#store, windows, minutes)
  }

  /** Series kept, over all windows. */
  seriesCount(): number {
    let n = 0
    for (const window of this.#windows.values()) n += window.series.size
    return n
  }

  get(id: string): Window | undefined {
    return this.#windows.get(id)
  }

  /** Forgets a window, and those of the services around it: their ids are `<id>\n<service>`. */
  forget(id: string): void {
    for (const key of [...this.#windows.keys()]) {
      if (key !== id && !key.startsWith(`${id}\n`)) continue
      this.#windows.delete(key)
      this.#bytes.delete(key)
    }
  }

  /** Loads the windows that are missing, those that overlap together. */
  async load(
    wanted: readonly {
      id: string
      service: string
      environment: string
      from: number
      to: number
      histogramsFrom?: number
    }[],
    cells?: readonly Cell[],
  ): Promise<void> {
    const missing = wanted.filter((w) => {
      const have = this.#windows.get(w.id)
      if (have) this.#touch(w.id, have)
      return !have || have.fromMinute > w.from || have.toMinute < w.to
    })
    const sorted = missing.sort((a, b) => a.from - b.from)
    while (sorted.length > 0) {
      const first = sorted[0]!
      const count = sorted.findIndex((w) => w.from > first.from + 60)
      const group = sorted.splice(0, count === -1 ? sorted.length : count)
      const windows = group.map((w) => ({ id: w.id, window: emptyWindow(w, w.from, w.to, w.histogramsFrom) }))
      await fill(
        this.#store,
        windows.map((w) => w.window),
        first.from,
        Math.max(...group.map((w) => w.to)),
        cells,
      )
      for (const { id, window } of windows) {
        this.#touch(id, window)
        this.#bytes.set(id, sizeOf(window))
      }
    }
    this.#evict(new Set(wanted.map((w) => w.id)))
  }

  #touch(id: string, window: Window): void {
    this.#windows.delete(id)
    this.#windows.set(id, window)
  }

  /** Sizes are those at loading: what the minutes since have added is little beside it. */
  #evict(keep: ReadonlySet<string>): void {
    let size = 0
    for (const id of this.#windows.keys()) size += this.#bytes.get(id) ?? 0
    for (const id of [...this.#windows.keys()]) {
      if (size <= MAX_BYTES) return
      if (keep.has(id)) continue
      size -= this.#bytes.get(id) ?? 0
      this.forget(id)
    }
  }
}

/** The span of minutes that judging a deploy takes. */
export function spanOf(
  deploy: Pick<Deploy, 'started_at' | 'first_seen_at'>,
  watchMinutes: number,
): { from: number; to: number; histogramsFrom: number } {
  const begin = Math.min(
    ms(deploy.started_at),
    deploy.first_seen_at ? ms(deploy.first_seen_at) : Number.POSITIVE_INFINITY,
  )
  const start = Math.floor(begin / 60_000)
  return { from: start - BEFORE_MINUTES, to: start + watchMinutes + 15, histogramsFrom: start - HISTOGRAM_MINUTES }
}
