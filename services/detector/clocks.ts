/**
 * How far each service has come in event time. Pure state: told what arrived and what time it is.
 */
export type ServiceClock = {
  service: string
  environment: string
  /** Newest minute with telemetry, epoch minutes. */
  newestMinute: number
  /** When something of it arrived last, by the wall clock. */
  arrivedMs: number
  /** Since when minutes have been arriving in bulk; null while they come one by one. */
  bulkSinceMs: number | null
}

/** Ingest's batches of a minute are in this long after it ended, or after the last one. */
export const GRACE_MS = 8_000
/** Nothing came for so long that what there is must do. */
const QUIET_MS = 15_000
/** More minutes than this at once are an import; it is judged when it has come to rest, or after this long at the latest. */
const BULK_MINUTES = 5
const BULK_WAIT_MS = 30_000
/** A service this far behind the others has fallen silent, it is not late. */
const BEHIND_MINUTES = 2
const LIVE_MINUTES = 90

export class Clocks {
  readonly #clocks = new Map<string, ServiceClock>()

  /** Minutes of a service that arrived, any order, and when. */
  arrived(
    service: string,
    environment: string,
    minutes: readonly number[],
    { arrivedMs, nowMs }: { arrivedMs: number; nowMs: number },
  ): void {
    const key = pairOf(service, environment)
    const clock = this.#clocks.get(key)
    const newestMinute = Math.max(clock?.newestMinute ?? 0, ...minutes)
    const bulk = minutes.length > BULK_MINUTES
    const bulkSinceMs = bulk ? (clock?.bulkSinceMs ?? nowMs) : null
    this.#clocks.set(key, { service, environment, newestMinute, arrivedMs, bulkSinceMs })
  }

  get(pair: string): ServiceClock | undefined {
    return this.#clocks.get(pair)
  }

  /** Services of which nothing arrived since. */
  arrivedBefore(ms: number): string[] {
    return [...this.#clocks].filter(([, clock]) => clock.arrivedMs < ms).map(([pair]) => pair)
  }

  forget(pair: string): void {
    this.#clocks.delete(pair)
  }

  /** Newest minute that no live batch will add to; late data reopen minutes anyway. */
  closedMinute(pair: string, nowMs: number): number | null {
    const clock = this.#clocks.get(pair)
    if (!clock) return null
    const over = nowMs >= (clock.newestMinute + 1) * 60_000 + GRACE_MS && nowMs - clock.arrivedMs >= GRACE_MS
    return over ? clock.newestMinute : clock.newestMinute - 1
  }

  quiet(pair: string, nowMs: number): boolean {
    const clock = this.#clocks.get(pair)
    if (!clock) return true
    return nowMs - clock.arrivedMs >= QUIET_MS && nowMs >= (clock.newestMinute + 1) * 60_000 + GRACE_MS
  }

  /** True while an import is under way that is better awaited. */
  importing(pair: string, nowMs: number): boolean {
    const clock = this.#clocks.get(pair)
    return (
      !!clock &&
      clock.bulkSinceMs !== null &&
      nowMs - clock.arrivedMs < GRACE_MS &&
      nowMs - clock.bulkSinceMs < BULK_WAIT_MS
    )
  }

  /** The closed minute of the installation where this service has fallen behind the others that still send; else null. */
  behind(pair: string, nowMs: number): number | null {
    const clock = this.#clocks.get(pair)
    if (!clock) return null
    let newest = 0
    for (const [other, c] of this.#clocks) if (other !== pair) newest = Math.max(newest, c.newestMinute)
    const live = nowMs / 60_000 - newest < 5 && newest - clock.newestMinute <= LIVE_MINUTES
    return live && newest - 1 - clock.newestMinute >= BEHIND_MINUTES ? newest - 1 : null
  }
}

export const pairOf = (service: string, environment: string): string => `${service}\n${environment}`
