const S = 1000
const M = 60 * S
const H = 60 * M

/** Waits between tries: alerts age fast, so the first come quickly; about 18 hours in all. */
export const RETRY_DELAYS_MS: readonly number[] = [5 * S, 30 * S, 2 * M, 10 * M, 30 * M, 2 * H, 5 * H, 10 * H]
export const JITTER = 0.2
const LONGEST_RETRY_AFTER_MS = 12 * H

/**
 * How long to wait after `attempts` failed tries, or null when the schedule is used up.
 * @param random 0 ≤ x < 1, spreads ±20 %
 * @param retryAfterMs what the receiver asked for; the longer of the two wins
 */
export function retryDelayMs(attempts: number, random: number, retryAfterMs: number | null): number | null {
  const base = RETRY_DELAYS_MS[attempts - 1]
  if (base === undefined) return null
  const jittered = Math.round(base * (1 - JITTER + 2 * JITTER * random))
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS))
}

/** `Retry-After` in seconds or as a date, as milliseconds from now; null where absent or not understood. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (!header) return null
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * S
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}
