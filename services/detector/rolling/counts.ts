import type { Store } from '../../../shared/store/store.ts'
import { BETWEEN_S } from '../../../shared/store/within.ts'
import { pairOf } from '../clocks.ts'
import { KEEP_MINUTES } from './lines.ts'

/** Far sides of one service that are followed without a deploy, the busiest; and lines of all services. */
const MAX_EDGES = 30
const MAX_LINES = 5_000
const MINUTES_A_READ = 30

/** One minute of one line: how many, how many of them failed, and their milliseconds added up (0 for log records). */
export type CountPoint = { total: number; bad: number; ms: number }
export type CountAt = (minute: number) => CountPoint | undefined

/** The calls of a service to one far side, or (`log`, key `(all)`) its log records, of which errors are the bad ones. */
export type CountLine = {
  service: string
  environment: string
  cell: 'edge' | 'log'
  key: string
  at: CountAt
}

type Row = Pick<CountLine, 'service' | 'environment' | 'key'> & {
  cells: [minute: number, total: number, bad: number, ms: number][]
}

const sqlOf = (of: { table: string; key: string; cells: string; limit: number }) =>
  `SELECT service, environment, key, groupArray((m, n, bad, ms)) AS cells FROM (
  SELECT service, environment, ${of.key} AS key, toUInt32(toUnixTimestamp(minute) / 60) AS m, ${of.cells}
  FROM ${of.table} FINAL WHERE ${BETWEEN_S} GROUP BY service, environment, key, m HAVING n > 0
) GROUP BY service, environment, key ORDER BY service, environment, sum(n) DESC, key LIMIT ${of.limit} BY service, environment LIMIT ${MAX_LINES}`

const SQL: Record<CountLine['cell'], string> = {
  edge: sqlOf({
    table: 'rollup_edges',
    key: 'peer',
    cells: 'toFloat64(sum(requests)) AS n, toFloat64(sum(errors)) AS bad, sum(duration_sum_ns) / 1e6 AS ms',
    limit: MAX_EDGES,
  }),
  log: sqlOf({
    table: 'rollup_logs',
    key: "'(all)'",
    cells: "toFloat64(sum(count)) AS n, toFloat64(sumIf(count, severity IN ('error', 'fatal'))) AS bad, 0. AS ms",
    limit: 1,
  }),
}

/** The last `KEEP_MINUTES` minutes of one line, each in its own slot: 6.7 KB. */
class Ring {
  readonly #minutes = new Int32Array(KEEP_MINUTES)
  readonly #values = new Float32Array(3 * KEEP_MINUTES)
  newest = 0

  set(minute: number, { total, bad, ms }: CountPoint): void {
    if (minute <= this.newest - KEEP_MINUTES) return
    const slot = minute % KEEP_MINUTES
    this.#minutes[slot] = minute
    this.#values.set([total, bad, ms], 3 * slot)
    this.newest = Math.max(this.newest, minute)
  }

  at(minute: number): CountPoint | undefined {
    const slot = minute % KEEP_MINUTES
    if (this.#minutes[slot] !== minute) return undefined
    const [total, bad, ms] = this.#values.subarray(3 * slot, 3 * slot + 3)
    return { total: total!, bad: bad!, ms: ms! }
  }
}

/** Minutes of the edges and log records of all services, kept between passes. */
export class CountLines {
  readonly #lines = new Map<string, Map<string, { line: CountLine; ring: Ring }>>()
  #count = 0

  /** The lines of one service. */
  of(pair: string): readonly CountLine[] {
    return [...(this.#lines.get(pair)?.values() ?? [])].map(({ line }) => line)
  }

  pairs(): Iterable<string> {
    return this.#lines.keys()
  }

  has(pair: string, minute: number): boolean {
    return this.of(pair).some((line) => line.at(minute) !== undefined)
  }

  /** Lines beyond the caps are left out; those that are known stay. */
  add(cell: CountLine['cell'], rows: Iterable<Row>): void {
    for (const { cells, ...of } of rows) {
      const pair = pairOf(of.service, of.environment)
      const own = this.#lines.get(pair) ?? new Map<string, { line: CountLine; ring: Ring }>()
      const id = `${cell}\n${of.key}`
      let known = own.get(id)
      if (!known) {
        if (own.size > MAX_EDGES || this.#count >= MAX_LINES) continue
        const ring = new Ring()
        known = { ring, line: { ...of, cell, at: (minute) => ring.at(minute) } }
        own.set(id, known)
        this.#lines.set(pair, own)
        this.#count += 1
      }
      for (const [minute, total, bad, ms] of cells) known.ring.set(minute, { total, bad, ms })
    }
  }

  /** Forgets lines that `before` (epoch minute) has seen the last of. */
  trim(before: number): void {
    for (const [pair, own] of this.#lines) {
      for (const [id, { ring }] of own) {
        if (ring.newest >= before - KEEP_MINUTES) continue
        own.delete(id)
        this.#count -= 1
      }
      if (own.size === 0) this.#lines.delete(pair)
    }
  }
}

/** Reads the minutes from … to (exclusive) of all edges and log records, in parts small enough not to hold the event loop. */
export async function readCountLines(store: Store, lines: CountLines, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += MINUTES_A_READ) {
    const span = { from_s: at * 60, to_s: Math.min(to, at + MINUTES_A_READ) * 60 }
    for (const cell of ['edge', 'log'] as const) lines.add(cell, await store.rows<Row>(SQL[cell], span))
  }
}
