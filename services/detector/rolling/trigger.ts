import { createRolling, type Rolling } from '../judge/index.ts'
import type { Line } from './lines.ts'

/** The rolling detectors' own line between usual and unusual. */
const UNUSUAL = 0.5
/** Of the last so many minutes, this many must be unusual before anybody looks closer. */
const LAST = 3
const OF_LAST = 2
/** Requests in a minute below which its share of errors says nothing. */
const LEAST_REQUESTS = 5
/** Less than two points of errors more, or a quarter slower, is never looked at: half of what would have to be found. */
const ERROR_FLOOR = 0.02
const LATENCY_FLOOR = Math.log(1.25)

type Watcher = { errors: Rolling; latency: Rolling; unusual: boolean[]; next: number }

/**
 * Feeds each service's minutes, oldest first and once each, to its rolling detectors, and says at which minutes a closer
 * look is due: cheap, and linear in services.
 */
export class Triggers {
  readonly #watchers = new Map<string, Watcher>()

  /** Minutes up to `closedMinute` that call for a closer look. */
  feed(pair: string, line: Line, closedMinute: number): number[] {
    const watcher = this.#watcherOf(pair, line)
    const due: number[] = []
    for (; watcher.next <= closedMinute; watcher.next++) {
      const p = line.points.get(watcher.next)
      const atMs = watcher.next * 60_000
      const enough = p && p.requests >= LEAST_REQUESTS
      const e = watcher.errors.push(enough ? p.errors / p.requests : null, atMs)
      const l = watcher.latency.push(enough ? Math.log(p.p95Ms) : null, atMs)
      const errorsUp = enough && e.score >= UNUSUAL && p.errors / p.requests >= e.expected + ERROR_FLOOR
      const slower = enough && l.score >= UNUSUAL && Math.log(p.p95Ms) >= l.expected + LATENCY_FLOOR
      watcher.unusual.push(Boolean(errorsUp || slower))
      if (watcher.unusual.length > LAST) watcher.unusual.shift()
      if (watcher.unusual.filter(Boolean).length >= OF_LAST) due.push(watcher.next)
    }
    return due
  }

  forget(pair: string): void {
    this.#watchers.delete(pair)
  }

  #watcherOf(pair: string, line: Line): Watcher {
    const known = this.#watchers.get(pair)
    if (known) return known
    const fresh = {
      errors: createRolling({ stepS: 60 }),
      latency: createRolling({ stepS: 60 }),
      unusual: [],
      next: Math.min(...line.points.keys()),
    }
    this.#watchers.set(pair, fresh)
    return fresh
  }
}
