import { z } from 'zod'
import { time } from './common.ts'

const place = { service: z.string(), environment: z.string() }

export const cardinality = z
  .object({
    from: time,
    to: time,
    /** Metrics by series, those that overflowed first. */
    metrics: z.array(
      z.object({
        ...place,
        metric: z.string(),
        series: z.number().int(),
        points: z.number(),
        /** Points of series beyond the ceiling of a metric, service and hour, stored as one series. */
        overflow_points: z.number(),
        /** The attributes with the most values. */
        attributes: z.array(z.object({ key: z.string(), values: z.number().int() })),
      }),
    ),
    /** Distinct names that services sent; `folded` where some were too many and are counted as one. */
    names: z.array(
      z.object({
        ...place,
        what: z.enum(['routes', 'log_patterns', 'instances']),
        distinct: z.number().int(),
        folded: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Cardinality' })

/** No secret and no address stands among them. */
export const runningSettings = z
  .object({
    sensitivity: z.enum(['low', 'normal', 'high']),
    settle_minutes: z.number(),
    watch_minutes: z.number(),
    detect_every_s: z.number(),
    retention_days: z.object({ raw: z.number(), rollups: z.number() }),
    /** Every rule of redaction; `masked_24h` counts the spans and log records in which it masked something in the last day. */
    redaction: z.array(z.object({ rule: z.string(), finds: z.string(), masked_24h: z.number() })),
  })
  .meta({ id: 'RunningSettings' })

export type Cardinality = z.infer<typeof cardinality>
export type RunningSettings = z.infer<typeof runningSettings>
