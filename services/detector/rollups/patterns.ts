import { createPatternMiner, type PatternMiner, restorePatternMiner } from '../../../shared/patterns/miner.ts'
import { yieldToLoop } from '../../../shared/runtime/pressure.ts'
import { getCursor, setCursor } from '../../../shared/state/cursors.ts'
import type { State } from '../../../shared/state/state.ts'
import type { Store } from '../../../shared/store/store.ts'
import { betweenMs } from '../../../shared/store/within.ts'
import { SEVERITY } from './log-sql.ts'
import { clearing } from './statement.ts'

/** Different bodies (digits aside) of one service and minute that are read: those of errors and warnings first, then the most frequent. */
const BODIES_A_SERVICE = 300
const BODIES_A_MINUTE = 5000
/** One more than the miner reads, so that it sees that there is more. */
const BODY_CHARS = 4097
const SAMPLE_CHARS = 1000
/** Miners in memory; the one used longest ago goes first, and comes back from its snapshot. */
const MAX_SERVICES = 200
const MAX_PATTERNS = 500
const SAVE_EVERY_MS = 5 * 60_000
/** Bodies mined before other work of the event loop gets its turn: at 20 µs a body, some milliseconds. */
const BODIES_A_TURN = 200

/**
 * Bodies without their numbers: runs of digits, with the letters a to f that touch them. Bodies alike in the rest are counted as one
 * and mined by the least of them; names that differ in such a run only (`node1a`, `node2b`) thus share a pattern, whatever the miner
 * would have made of the others.
 */
const MASKED = "replaceRegexpAll(substringUTF8(Body, 1, 4097), '[0-9a-fA-F]*[0-9][0-9a-fA-F]*', '0')"
const READ = `SELECT ServiceName AS service, Environment AS environment, Version AS version, Commit AS commit, ${SEVERITY} AS severity,
  min(substringUTF8(Body, 1, ${BODY_CHARS})) AS body, count() AS n FROM otel_logs
WHERE ${betweenMs()} AND Body != ''
GROUP BY service, environment, version, commit, severity, ${MASKED}
ORDER BY severity IN ('fatal', 'error', 'warn') DESC, n DESC, service, environment, version, commit, severity, body
LIMIT ${BODIES_A_SERVICE} BY service, environment LIMIT ${BODIES_A_MINUTE}`
const CLEAR = clearing({
  table: 'rollup_log_patterns',
  key: ['minute', 'service', 'environment', 'version', 'commit', 'pattern_id', 'severity'],
  values: ['count'],
  sql: '',
})

type Row = {
  service: string
  environment: string
  version: string
  commit: string
  severity: string
  body: string
  n: string
}
/** `told`: what was written of a pattern. `seen`: the earliest minute written, by environment and pattern. */
type Place = { miner: PatternMiner; changed: boolean; told: Map<string, string>; seen: Map<string, number> }

/** Log patterns of the minutes recomputed. What it has learnt is kept in the state; ids are hashes, and stay without it. */
export class LogPatterns {
  readonly #store: Store
  readonly #state: State
  readonly #places = new Map<string, Place>()
  #savedMs = 0

  constructor(store: Store, state: State) {
    this.#store = store
    this.#state = state
  }

  /** Counts the patterns of these minutes (epoch minutes) anew. `computedMs` as in `recompute`. */
  async recompute(minutes: Iterable<number>, computedMs: number): Promise<void> {
    try {
      for (const minute of [...minutes].sort((a, b) => a - b)) await this.#minute(minute, computedMs)
    } catch (error) {
      // Noted as written, and maybe not: all of it is written again.
      for (const place of this.#places.values()) {
        place.told.clear()
        place.seen.clear()
      }
      throw error
    }
  }

  async #minute(minute: number, computedMs: number): Promise<void> {
    const rows = await this.#store.rows<Row>(READ, { from_ms: minute * 60_000, to_ms: (minute + 1) * 60_000 })
    const counts = new Map<string, Record<string, unknown> & { count: number }>()
    const texts: Record<string, unknown>[] = []
    const firsts = new Map<string, Record<string, unknown>>()
    for (const [i, row] of rows.entries()) {
      if (i % BODIES_A_TURN === BODIES_A_TURN - 1) await yieldToLoop()
      const place = await this.#place(row.service, computedMs)
      const { id, template } = place.miner.observe(row.body)
      place.changed = true
      texts.push(...tellings(place, row, id, template, computedMs))
      if (isEarlier(place, `${row.environment}\n${id}`, minute))
        firsts.set(JSON.stringify([row.service, row.environment, id]), {
          service: row.service,
          environment: row.environment,
          pattern_id: id,
          first_minute: minute * 60,
        })
      const { body: _body, n, ...of } = row
      const key = JSON.stringify([of, id])
      const known = counts.get(key)
      if (known) known.count += Number(n)
      else
        counts.set(key, {
          ...of,
          minute: minute * 60,
          pattern_id: id,
          count: Number(n),
          computed_at: String(computedMs),
        })
    }
    if (firsts.size > 0) await this.#store.insert('log_patterns_seen', [...firsts.values()])
    if (texts.length > 0) await this.#store.insert('log_patterns', texts)
    if (counts.size > 0) await this.#store.insert('rollup_log_patterns', [...counts.values()])
    const second = minute * 60
    const span = { from_s: second, to_s: second + 60, minutes: [second], computed_ms: computedMs }
    await this.#store.exec(CLEAR, span)
  }

  async #place(service: string, nowMs: number): Promise<Place> {
    const known = this.#places.get(service)
    if (known) {
      this.#places.delete(service)
      this.#places.set(service, known)
      return known
    }
    const kept = await getCursor(this.#state, cursorOf(service))
    const place: Place = { miner: restored(kept), changed: false, told: new Map(), seen: new Map() }
    this.#places.set(service, place)
    if (this.#places.size > MAX_SERVICES) await this.#forgetOldest(nowMs)
    return place
  }

  async #forgetOldest(nowMs: number): Promise<void> {
    const [service, place] = this.#places.entries().next().value!
    await this.#keep(service, place, nowMs)
    this.#places.delete(service)
  }

  async #keep(service: string, place: Place, nowMs: number): Promise<void> {
    if (!place.changed) return
    place.changed = false
    await setCursor(this.#state, cursorOf(service), place.miner.snapshot(), nowMs)
    await yieldToLoop()
  }

  /** Keeps what was learnt: every few minutes, or now. */
  async save(nowMs: number, now = false): Promise<void> {
    if (!now && nowMs - this.#savedMs < SAVE_EVERY_MS) return
    this.#savedMs = nowMs
    for (const [service, place] of this.#places) await this.#keep(service, place, nowMs)
  }
}

const cursorOf = (service: string): string => `detector.patterns ${service}`

function restored(snapshot: string | null): PatternMiner {
  try {
    if (snapshot !== null) return restorePatternMiner(snapshot)
  } catch {
    // Of another version: what it knew is learnt again.
  }
  return createPatternMiner({ maxPatterns: MAX_PATTERNS })
}

/** The row of a pattern, and those of the patterns that became part of it; none where all of it was told. */
function tellings(place: Place, row: Row, id: string, template: string, computedMs: number): Record<string, unknown>[] {
  const aliases = place.miner.aliasesOf(id)
  const telling = `${aliases.length} ${aliases.at(-1)} ${template}`
  if (place.told.get(id) === telling) return []
  if (place.told.size > 2 * MAX_PATTERNS) place.told.clear()
  place.told.set(id, telling)
  const text = {
    service: row.service,
    template,
    sample: row.body.slice(0, SAMPLE_CHARS),
    updated_at: String(computedMs),
  }
  return [
    { ...text, pattern_id: id, merged_into: '0' },
    ...aliases.map((alias) => ({ ...text, pattern_id: alias, merged_into: id })),
  ]
}

/** Whether this minute is the earliest known of a pattern; the earliest is kept in memory, and written again after a restart. */
function isEarlier(place: Place, key: string, minute: number): boolean {
  if ((place.seen.get(key) ?? Number.POSITIVE_INFINITY) <= minute) return false
  if (place.seen.size > 4 * MAX_PATTERNS) place.seen.clear()
  place.seen.set(key, minute)
  return true
}
