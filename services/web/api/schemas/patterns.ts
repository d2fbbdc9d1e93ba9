import { z } from 'zod'
import { time } from './common.ts'

const slot = z.object({
  distinct: z.number().int(),
  /** The most frequent values, ten at most, cut at 120 characters. */
  top: z.array(z.object({ value: z.string(), count: z.number().int() })),
  /** Where at least nine of ten values are numbers of one unit: those `n` of them. */
  numbers: z
    .object({ n: z.number().int(), unit: z.string(), min: z.number(), median: z.number(), max: z.number() })
    .nullable(),
})

export const patternValues = z
  .object({
    pattern_id: z.string(),
    service: z.string(),
    template: z.string(),
    /** One sample of the span, or two: before and since `split`. */
    samples: z.array(
      z.object({
        of: z.enum(['all', 'before', 'since']),
        from: time,
        to: time,
        /** Lines that were read: the newest of that time. */
        lines: z.number().int(),
        /** Whether there are more in that time than were read. */
        more: z.boolean(),
        /** In the order of the template's `<*>`. */
        slots: z.array(slot),
      }),
    ),
  })
  .meta({ id: 'PatternValues' })

export type PatternValues = z.infer<typeof patternValues>
