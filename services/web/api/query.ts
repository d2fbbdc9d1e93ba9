import { z } from 'zod'
import { invalid } from '../problem.ts'
import { canBeKept, KEPT_YEARS, text } from './schemas/common.ts'

/** Names that come from telemetry: a service, a version, a route. */
export const name = text(1024)
export const id = text(256).min(1)
export const byId = z.strictObject({ id })
export const patternId = z
  .string()
  .refine((text) => /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n, 'must be the id of a pattern')
export const time = z.iso.datetime({
  offset: true,
  error: ({ input }) =>
    // A bare + in a query is read as a space.
    /T[\d:.]+ \d\d:\d\d$/.test(String(input))
      ? 'must have the + of its zone written as %2B, or be in UTC such as 2026-03-01T10:00:00Z'
      : 'must be an ISO 8601 time such as 2026-03-01T10:00:00Z',
})
export const flag = z
  .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
  .transform((v) => v === 'true' || v === '1')

/** A number of a query, with one sentence for whatever is wrong with it. */
export const whole = (min: number, max: number) =>
  z.coerce.number(`must be a whole number from ${min} to ${max}`).int().min(min).max(max)
export const within = (min: number, max: number) =>
  z.coerce.number(`must be a number from ${min} to ${max}`).min(min).max(max)

/** Every list: how many, and from where on. */
export const paging = {
  limit: whole(1, 1000).default(100),
  cursor: z.string().min(1).max(2048).optional(),
}

export const range = { from: time.optional(), to: time.optional() }

const LONGEST_MS = 400 * 86_400_000

/**
 * The span that a query asks for; `defaultMs` long and up to now where nothing else is said.
 * @throws ProblemError 400 naming `from` when it does not come before `to`, or lies more than 400 days back from it, or either where
 *   telemetry cannot have that time
 */
export function spanOf(
  query: { from?: string | undefined; to?: string | undefined },
  nowMs: number,
  defaultMs: number,
): { fromMs: number; toMs: number } {
  const toMs =
    query.to === undefined
      ? Math.max(nowMs, query.from === undefined ? 0 : Date.parse(query.from) + 1)
      : Date.parse(query.to)
  const fromMs = query.from === undefined ? toMs - defaultMs : Date.parse(query.from)
  if (!canBeKept(toMs)) throw invalid('?to', `it must lie ${KEPT_YEARS}`)
  if (fromMs >= toMs) throw invalid('?from', 'it must come before to')
  if (!canBeKept(fromMs)) throw invalid('?from', `it must lie ${KEPT_YEARS}`)
  if (toMs - fromMs > LONGEST_MS) throw invalid('?from', 'it must be at most 400 days before to')
  return { fromMs, toMs }
}

/** Bounds of a list that may be open at both ends. */
export function boundsOf(query: { from?: string | undefined; to?: string | undefined }): {
  fromMs?: number
  toMs?: number
} {
  const fromMs = query.from === undefined ? undefined : Date.parse(query.from)
  const toMs = query.to === undefined ? undefined : Date.parse(query.to)
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw invalid('?from', 'it must come before to')
  return { ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) }
}

/** The cursor of lists of raw rows: nanoseconds and a tie-breaker. */
export const writeCursor = (ns: string, tie: string): string =>
  Buffer.from(JSON.stringify([ns, tie])).toString('base64url')

/** @throws ProblemError 400 naming `cursor` */
export function readCursor(cursor: string | undefined): { ns: string; id: string } | undefined {
  if (cursor === undefined) return undefined
  try {
    const [ns, tie] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown]
    if (typeof ns === 'string' && /^\d{1,19}$/.test(ns) && typeof tie === 'string' && tie.length <= 64)
      return { ns, id: tie }
  } catch {}
  throw invalid('?cursor', 'it is not one that this list gave out. Start without a cursor')
}

export const isoOf = (ms: number): string => new Date(ms).toISOString()
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoOf(ms))

/** Nanoseconds as a decimal string → ISO 8601 with milliseconds. */
export const isoOfNs = (ns: string): string => isoOf(Number(BigInt(ns) / 1_000_000n))
