import { z } from 'zod'

/** ISO 8601 in UTC, as all times of the API are. */
export const time = z.iso.datetime({ offset: true }).meta({ description: 'ISO 8601' })

/** Seconds of a time fit 32 bits in the engine, with room for what looks back from one. */
const [EARLIEST_YEAR, LATEST_YEAR] = [1980, 2100]
export const KEPT_YEARS = `between the years ${EARLIEST_YEAR} and ${LATEST_YEAR}`
export const canBeKept = (ms: number): boolean =>
  ms >= Date.UTC(EARLIEST_YEAR, 0, 1) && ms < Date.UTC(LATEST_YEAR, 0, 1)

/** A time of something that happened, as it is told. */
export const toldTime = z.iso
  .datetime({ offset: true, abort: true })
  .refine((value) => canBeKept(Date.parse(value)), `must lie ${KEPT_YEARS}`)
  .meta({ description: 'ISO 8601' })

/** Text that every store can keep: PostgreSQL takes no NUL. */
export const text = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .refine((value) => !value.includes('\0'), 'must not contain NUL')

/** A time or null where there is none yet. */
export const maybeTime = time.nullable()

/** One page of a list: `next` is the cursor of the page after it, null on the last one. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() })

/** RFC 9457. `errors` says which fields were wrong: a JSON pointer into the body, or `?name` of a query parameter. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })

export const commit = z
  .object({
    sha: z.string(),
    message: z.string().optional(),
    author: z.string().optional(),
    url: z.string().optional(),
    committed_at: z.string().optional(),
  })
  .meta({ id: 'Commit' })

export type Problem = z.infer<typeof problem>
