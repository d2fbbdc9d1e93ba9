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

/** `attribute` is the key under which the text would be sent; without it the text is taken for a log line or a plain value. */
export const redactionInput = z
  .strictObject({ text: z.string().max(16_384), attribute: z.string().max(256).optional() })
  .meta({ id: 'RedactionInput' })

export const redactionPreview = z
  .object({
    /** The text as it would be kept. */
    masked: z.string(),
    /** The same in pieces; `rule` is null where nothing was masked. */
    parts: z.array(z.object({ text: z.string(), rule: z.string().nullable() })),
    rules: z.array(z.object({ rule: z.string(), finds: z.string(), count: z.number().int() })),
  })
  .meta({ id: 'RedactionPreview' })

export type Cardinality = z.infer<typeof cardinality>
export type RunningSettings = z.infer<typeof runningSettings>
export type RedactionPreview = z.infer<typeof redactionPreview>
