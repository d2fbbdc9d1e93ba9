import { z } from 'zod'
import { commit, maybeTime, page, text, time, toldTime } from './common.ts'
import { verdictWord } from './verdicts.ts'

export const deployKind = z.enum(['deploy', 'config', 'flag', 'rollback', 'restart']).meta({ id: 'DeployKind' })

export const deploy = z
  .object({
    id: z.string(),
    service: z.string(),
    environment: z.string(),
    version: z.string(),
    commit: z.string(),
    base_commit: z.string().nullable(),
    commits: z.array(commit),
    repository: z.string().nullable(),
    kind: deployKind,
    sources: z.array(z.enum(['telemetry', 'api', 'github', 'cdevents'])),
    started_at: time,
    finished_at: maybeTime,
    first_seen_at: maybeTime,
    last_seen_at: maybeTime,
    previous_id: z.string().nullable(),
    previous_version: z.string().nullable(),
    url: z.string().nullable(),
    actor: z.string().nullable(),
    attributes: z.record(z.string(), z.string()),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Deploy' })

/** In lists: the deploy with the word, the sentence and the score of its verdict. `pending` until the detector spoke. */
export const deployItem = deploy
  .extend({ verdict: verdictWord, reason: z.string(), verdict_score: z.number() })
  .meta({ id: 'DeployItem' })

export const deployList = page(deployItem).meta({ id: 'DeployList' })

/** `POST /deploys`. A field that may be left out may be null too, as in the documents that are read. */
export const deployEvent = z
  .strictObject({
    service: text(256).min(1),
    environment: text(256).nullable().default(''),
    version: text(256).nullable().default(''),
    commit: text(256).nullable().default(''),
    base_commit: text(256).nullable().exactOptional(),
    commits: z
      .array(
        z.strictObject({
          sha: text(256).min(1),
          message: text(8192).nullable().exactOptional(),
          author: text(256).nullable().exactOptional(),
          url: z
            .url({ protocol: /^https?$/ })
            .max(2048)
            .nullable()
            .exactOptional(),
          committed_at: time.nullable().exactOptional(),
        }),
      )
      .max(1000)
      .nullish(),
    repository: text(2048).nullish(),
    kind: z.enum(['deploy', 'config', 'flag', 'rollback']).nullish(),
    started_at: toldTime,
    finished_at: toldTime.nullish(),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .nullish(),
    actor: text(256).nullish(),
    attributes: z.record(text(256), text(4096)).nullish(),
  })
  .refine((d) => d.version || d.commit || d.kind === 'config' || d.kind === 'flag', {
    path: ['version'],
    error: 'a deploy needs a version or a commit',
  })
  .refine((d) => d.finished_at == null || Date.parse(d.finished_at) >= Date.parse(d.started_at), {
    path: ['finished_at'],
    error: 'must not come before started_at',
  })
  .meta({ id: 'DeployEvent' })

const side = z.object({
  deploy,
  verdict: verdictWord,
  from: time,
  to: time,
  requests: z.number(),
  instances: z.number(),
})

const figure = z.object({
  /** Over the whole window; null without data. */
  value: z.number().nullable(),
  /** How many requests, records or points the value rests on. */
  n: z.number(),
  /** Seconds since the deploy, value. */
  points: z.array(z.tuple([z.number(), z.number().nullable()])),
})

const routeFigures = z
  .object({
    requests: z.number(),
    error_ratio: z.number().nullable(),
    latency_p50_ms: z.number().nullable(),
    latency_p99_ms: z.number().nullable(),
  })
  .nullable()

/** One attribute value of the requests looked at: counts, shares, and the 99.9 % interval of their difference, a − b. */
const attributeDifference = z.object({
  key: z.string(),
  value: z.string(),
  a: z.number(),
  b: z.number(),
  a_share: z.number(),
  b_share: z.number(),
  difference: z.number(),
  lower: z.number(),
  upper: z.number(),
})

const counted = z.object({ a: z.number(), b: z.number() })

/** Two deploys, aligned on the time since each began. `a` is the one in the path, `b` what it is compared with: the same hours of last week are no deploy. */
export const compare = z
  .object({
    a: side,
    b: side.extend({ deploy: deploy.nullable(), verdict: verdictWord.nullable() }),
    /** Length of both windows: the shorter of the two lives, at most an hour. */
    window_s: z.number(),
    step_s: z.number(),
    signals: z.array(
      z.object({
        signal: z.enum(['requests', 'error_ratio', 'latency_p50', 'latency_p95', 'latency_p99', 'log_errors']),
        unit: z.string(),
        a: figure,
        b: figure,
        /** a against b: relative, or in points for ratios; null where either has no data. */
        change: z.number().nullable(),
        change_unit: z.enum(['relative', 'absolute']),
      }),
    ),
    /** Share of requests per latency bucket: upper bound in ms, of a, of b. */
    latency_histogram: z.array(z.object({ upper_ms: z.number(), a: z.number(), b: z.number() })),
    routes: z.array(z.object({ route: z.string(), a: routeFigures, b: routeFigures })),
    dependencies: z.array(z.object({ peer: z.string(), a: routeFigures, b: routeFigures })),
    exceptions: z.array(z.object({ type: z.string(), a: z.number(), b: z.number() })),
    log_patterns: z.array(
      z.object({ pattern_id: z.string(), template: z.string(), severity: z.string(), a: z.number(), b: z.number() }),
    ),
    metrics: z.array(
      z.object({
        metric: z.string(),
        unit: z.string(),
        kind: z.string(),
        a: z.number().nullable(),
        b: z.number().nullable(),
      }),
    ),
    /** Attribute values that surely differ, those that differ most first; null where they could not be read in time. */
    attributes: z
      .object({
        /** Requests looked at, a sample of many, and how many of them failed or took longer than `slow_ms`, the p95 of b. */
        looked_at: counted,
        bad: counted,
        slow_ms: z.number().nullable(),
        all: z.array(attributeDifference),
        among_bad: z.array(attributeDifference),
      })
      .nullable(),
    /** What makes the comparison weak: few requests, another mix of routes, windows that overlap another deploy. */
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Compare' })

export type Deploy = z.infer<typeof deploy>
export type DeployItem = z.infer<typeof deployItem>
export type DeployList = z.infer<typeof deployList>
export type DeployEventInput = z.input<typeof deployEvent>
export type DeployEvent = z.output<typeof deployEvent>
export type Compare = z.infer<typeof compare>
