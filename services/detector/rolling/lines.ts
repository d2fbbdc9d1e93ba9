import type { Store } from '../../../shared/store/store.ts'
import { BETWEEN_S } from '../../../shared/store/within.ts'
import { pairOf } from '../clocks.ts'

/** Minutes of every service that are kept: six hours of history and the newest. */
export const KEEP_MINUTES = 420
const MINUTES_A_READ = 60

/** One minute of a whole service: all versions, all routes. */
export type Point = { minute: number; requests: number; errors: number; p95Ms: number }
export type Line = { service: string; environment: string; points: Map<number, Point>; newest: number }

type Row = Point & { service: string; environment: string }

/** 95th percentile out of merged buckets, on the upper bound of its bucket. */
const SQL = `SELECT service, environment, m AS minute, n AS requests, bad AS errors, pow(2, (h.1[arrayFirstIndex(c -> c >= 0.95 * n, arrayCumSum(h.2))] + 1) / 16) / 1e6 AS p95Ms FROM (
  SELECT service, environment, toUInt32(toUnixTimestamp(minute) / 60) AS m, toFloat64(sum(requests)) AS n, toFloat64(sum(errors)) AS bad, sumMap(bucket_index, bucket_count) AS h
  FROM rollup_services FINAL WHERE ${BETWEEN_S} AND requests > 0
  GROUP BY service, environment, m
) ORDER BY m, service, environment LIMIT 500000`

/** Service-level minutes of all services, kept between passes. */
export class Lines {
  readonly lines = new Map<string, Line>()

  add(rows: Iterable<Row>): void {
    for (const { service, environment, ...point } of rows) {
      const key = pairOf(service, environment)
      let line = this.lines.get(key)
      if (!line) {
        line = { service, environment, points: new Map(), newest: 0 }
        this.lines.set(key, line)
      }
      line.points.set(Number(point.minute), { ...point, minute: Number(point.minute) })
      line.newest = Math.max(line.newest, Number(point.minute))
    }
  }

  /** Forgets what is too old to serve as history of its service. */
  trim(): void {
    for (const line of this.lines.values()) {
      if (line.points.size <= KEEP_MINUTES * 1.2) continue
      for (const minute of line.points.keys()) if (minute < line.newest - KEEP_MINUTES) line.points.delete(minute)
    }
  }
}

/** Reads the minutes from … to (exclusive) of all services, in parts small enough not to hold the event loop. */
export async function readLines(store: Store, lines: Lines, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += MINUTES_A_READ) {
    const end = Math.min(to, at + MINUTES_A_READ)
    lines.add(await store.rows<Row>(SQL, { from_s: at * 60, to_s: end * 60 }))
  }
}
