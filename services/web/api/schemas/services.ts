import { z } from 'zod'
import { maybeTime, page, time } from './common.ts'
import { verdictWord } from './verdicts.ts'

const number = z.number().nullable()

/**
 * `regressed` and `watching` come from the current deploy's verdict and open anomalies; `new` = its first version, with none before it to
 * be compared with; `idle` = no request for 15 min.
 */
export const health = z.enum(['ok', 'regressed', 'watching', 'too_little_data', 'new', 'idle']).meta({ id: 'Health' })

export const serviceItem = z
  .object({
    service: z.string(),
    environment: z.string(),
    health,
    requests_per_minute: number,
    error_ratio: number,
    latency_p50_ms: number,
    latency_p99_ms: number,
    version: z.string(),
    commit: z.string(),
    version_since: maybeTime,
    deploy_id: z.string().nullable(),
    verdict: verdictWord.nullable(),
    open_anomalies: z.number().int(),
    last_seen_at: maybeTime,
    sparkline: z.object({
      step_s: z.number(),
      from: time,
      requests: z.array(number),
      error_ratio: z.array(number),
      latency_p99_ms: z.array(number),
    }),
    deploys: z.array(
      z.object({ id: z.string(), started_at: time, version: z.string(), verdict: verdictWord.nullable() }),
    ),
  })
  .meta({ id: 'ServiceItem' })

export const serviceList = page(serviceItem).meta({ id: 'ServiceList' })

export const service = z
  .object({
    service: z.string(),
    environments: z.array(z.string()),
    environment: z.string(),
    from: time,
    to: time,
    versions: z.array(
      z.object({
        version: z.string(),
        commit: z.string(),
        first_seen_at: time,
        last_seen_at: time,
        /** Exception types that no version before it had in a month, 20 at most; none of the first version that is known. */
        new_exceptions: z.array(z.string()),
        new_log_patterns: z.number().int(),
        requests: z.number(),
        error_ratio: number,
        latency_p50_ms: number,
        latency_p99_ms: number,
        deploy_id: z.string().nullable(),
        verdict: verdictWord.nullable(),
      }),
    ),
    routes: z.array(
      z.object({
        route: z.string(),
        requests: z.number(),
        error_ratio: number,
        latency_p50_ms: number,
        latency_p99_ms: number,
      }),
    ),
    dependencies: z.array(
      z.object({ peer: z.string(), requests: z.number(), error_ratio: number, latency_p99_ms: number }),
    ),
    exceptions: z.array(z.object({ type: z.string(), count: z.number(), first_seen_at: time })),
    metrics: z.array(
      z.object({
        metric: z.string(),
        unit: z.string(),
        kind: z.string(),
        series: z.number().int(),
        resets_inferred: z.number().int(),
        single_writer_violations: z.number().int(),
        repeats: z.number().int(),
        skipped: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'Service' })

export const seriesSignal = z.enum(['requests', 'error_ratio', 'latency', 'log_errors', 'metric'])

export const series = z
  .object({
    signal: seriesSignal,
    unit: z.string(),
    step_s: z.number(),
    from: time,
    to: time,
    series: z.array(
      z.object({
        key: z.object({ version: z.string().optional(), route: z.string().optional() }),
        /** Start of the step in seconds since the epoch, value; null where nothing was measured. */
        points: z.array(z.tuple([z.number(), number])),
        /** How many requests, records or points stand behind each value. */
        samples: z.array(z.tuple([z.number(), z.number()])),
      }),
    ),
    /** What is normal by the time before the window: lower, expected, upper; null where that is too thin to say. */
    band: z.object({ points: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])) }).nullable(),
    deploys: z.array(
      z.object({
        id: z.string(),
        started_at: time,
        version: z.string(),
        commit: z.string(),
        kind: z.string(),
        verdict: verdictWord.nullable(),
      }),
    ),
  })
  .meta({ id: 'Series' })

export const logPattern = z
  .object({
    pattern_id: z.string(),
    service: z.string(),
    template: z.string(),
    sample: z.string(),
    severity: z.string(),
    count: z.number(),
    first_seen_at: time,
    last_seen_at: time,
    /** The version that said it first, within what is stored. */
    first_version: z.string(),
    versions: z.array(z.object({ version: z.string(), count: z.number() })),
    sparkline: z.object({ step_s: z.number(), from: time, counts: z.array(z.number()) }),
  })
  .meta({ id: 'LogPattern' })

export const logPatternList = page(logPattern).meta({ id: 'LogPatternList' })

export type Health = z.infer<typeof health>
export type ServiceItem = z.infer<typeof serviceItem>
export type ServiceList = z.infer<typeof serviceList>
export type ServiceDetail = z.infer<typeof service>
export type SeriesSignal = z.infer<typeof seriesSignal>
export type Series = z.infer<typeof series>
export type LogPattern = z.infer<typeof logPattern>
export type LogPatternList = z.infer<typeof logPatternList>
