import type { Store } from '../../../shared/store/store.ts'

export type RollupSignal = 'traces' | 'logs' | 'metrics'
/** Minutes (epoch minutes) whose raw rows changed, by signal. */
export type Touched = Record<RollupSignal, Set<number>>

/** Read again behind the cursor: several writers' clocks and commits are not in one order. */
const OVERLAP_MS = 2_000
const PAGE = 100_000

type Row = { noted_ms: string; signal: string; batch: string; minute_s: number }

export const noneTouched = (): Touched => ({ traces: new Set(), logs: new Set(), metrics: new Set() })

/** Reads what ingest noted, in pages, and when it noted the last of it. Notes within the overlap that were read before are left out. */
export function createTouchedReader(
  store: Store,
): (cursorMs: number) => Promise<{ touched: Touched; cursorMs: number; arrivedMs: number }> {
  let recent = new Map<string, number>()
  return async (cursorMs) => {
    const touched = noneTouched()
    let after = cursorMs
    let arrivedMs = 0
    for (;;) {
      const rows = await store.rows<Row>(
        `SELECT toUnixTimestamp64Milli(noted_at) AS noted_ms, signal, batch, toUnixTimestamp(minute) AS minute_s FROM touched_minutes
         WHERE noted_at > fromUnixTimestamp64Milli({after:Int64}) ORDER BY noted_at LIMIT {page:UInt32}`,
        { after: after - OVERLAP_MS, page: PAGE },
      )
      let newest = after
      for (const row of rows) {
        newest = Math.max(newest, Number(row.noted_ms))
        const key = `${row.noted_ms} ${row.signal} ${row.batch} ${row.minute_s}`
        if (recent.has(key)) continue
        recent.set(key, Number(row.noted_ms))
        arrivedMs = Math.max(arrivedMs, Number(row.noted_ms))
        touched[signalOf(row.signal)].add(Math.floor(Number(row.minute_s) / 60))
      }
      if (rows.length < PAGE || newest === after) {
        recent = new Map([...recent].filter(([, atMs]) => atMs > newest - OVERLAP_MS - 1000))
        return { touched, cursorMs: newest, arrivedMs }
      }
      after = newest
    }
  }
}

function signalOf(name: string): RollupSignal {
  if (name.includes('metric')) return 'metrics'
  return name.includes('log') ? 'logs' : 'traces'
}
