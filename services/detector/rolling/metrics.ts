import type { Store } from '../../../shared/store/store.ts'
import { BETWEEN_S } from '../../../shared/store/within.ts'
import { pairOf } from '../clocks.ts'
import { WORSE_WHEN_HIGHER } from '../decide/series.ts'
import { KEEP_MINUTES } from './lines.ts'

/** Metrics of one service that are followed without a deploy: those whose names speak of trouble first, then the busiest; and of all services. */
const MAX_METRICS = 100
const MAX_LINES = 20_000
const MINUTES_A_READ = 15

/** One metric of a service, all builds and series: its mean in a minute, or the increase of a counter. */
export type MetricLine = {
  service: string
  environment: string
  metric: string
  kind: 'gauge' | 'counter' | 'histogram'
  unit: string
  /** By epoch minute. */
  values: Map<number, number>
  newest: number
}

type Row = Pick<MetricLine, 'service' | 'environment' | 'metric' | 'kind' | 'unit'> & {
  cells: [minute: number, value: number][]
}

/** The order of additions is fixed: the same rows give the same bits. */
const SQL = `SELECT service, environment, metric, kind, unit, groupArray((m, if(kind = 'counter', s, s / n))) AS cells FROM (
  SELECT service, environment, metric, kind, unit, toUInt32(toUnixTimestamp(minute) / 60) AS m, toFloat64(sum(points)) AS n, arraySum(arraySort(groupArray(value_sum))) AS s
  FROM rollup_metrics FINAL WHERE ${BETWEEN_S} AND points > 0
  GROUP BY service, environment, metric, kind, unit, m
) GROUP BY service, environment, metric, kind, unit
ORDER BY service, environment, match(metric, {worse:String}) DESC, sum(n) DESC, metric, kind, unit LIMIT ${MAX_METRICS} BY service, environment LIMIT ${MAX_LINES}`

/** Minutes of the metrics of all services, kept between passes. */
export class MetricLines {
  readonly #lines = new Map<string, Map<string, MetricLine>>()
  #count = 0

  /** The metrics of one service. */
  of(pair: string): readonly MetricLine[] {
    return [...(this.#lines.get(pair)?.values() ?? [])]
  }

  pairs(): Iterable<string> {
    return this.#lines.keys()
  }

  has(pair: string, minute: number): boolean {
    return this.of(pair).some((line) => line.values.has(minute))
  }

  /** Metrics beyond the caps are left out; those that are known stay. */
  add(rows: Iterable<Row>): void {
    for (const { cells, ...of } of rows) {
      const pair = pairOf(of.service, of.environment)
      const own = this.#lines.get(pair) ?? new Map<string, MetricLine>()
      const key = `${of.metric}\n${of.kind}\n${of.unit}`
      let line = own.get(key)
      if (!line) {
        if (own.size >= MAX_METRICS || this.#count >= MAX_LINES) continue
        line = { ...of, values: new Map(), newest: 0 }
        own.set(key, line)
        this.#lines.set(pair, own)
        this.#count += 1
      }
      for (const [minute, value] of cells) {
        line.values.set(minute, value)
        line.newest = Math.max(line.newest, minute)
      }
    }
  }

  /** Forgets what is too old to serve as history, and metrics that `before` (epoch minute) has seen the last of. */
  trim(before: number): void {
    for (const [pair, own] of this.#lines) {
      for (const [key, line] of own) {
        if (line.newest < before - KEEP_MINUTES) {
          own.delete(key)
          this.#count -= 1
        } else if (line.values.size > KEEP_MINUTES * 1.2)
          for (const minute of line.values.keys()) if (minute < line.newest - KEEP_MINUTES) line.values.delete(minute)
      }
      if (own.size === 0) this.#lines.delete(pair)
    }
  }
}

/** Reads the minutes from … to (exclusive) of all metrics, in parts small enough not to hold the event loop. */
export async function readMetricLines(store: Store, lines: MetricLines, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += MINUTES_A_READ) {
    const end = Math.min(to, at + MINUTES_A_READ)
    lines.add(await store.rows<Row>(SQL, { from_s: at * 60, to_s: end * 60, worse: `(?i)${WORSE_WHEN_HIGHER.source}` }))
  }
}
