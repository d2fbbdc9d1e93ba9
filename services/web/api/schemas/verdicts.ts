import { z } from 'zod'
import { commit, maybeTime, time } from './common.ts'

export const verdictWord = z
  .enum(['regressed', 'improved', 'no_difference', 'insufficient_data', 'pending'])
  .meta({ id: 'VerdictWord' })

export const signalName = z
  .enum([
    'error_ratio',
    'latency',
    'throughput',
    'dependency_error_ratio',
    'dependency_latency',
    'dependency_new',
    'dependency_vanished',
    'calls_per_request',
    'exception_new',
    'exception_rate',
    'route_new',
    'route_vanished',
    'log_error_rate',
    'log_pattern_new',
    'log_pattern_rate',
    'log_pattern_vanished',
    'secret_new',
    'attribute_new',
    'attribute_vanished',
    'metric',
    'silence',
  ])
  .meta({ id: 'SignalName' })

const span = z.object({ from: time, to: time })
const windows = z.object({ baseline: span, current: span })
const samples = z.object({ baseline: z.number(), current: z.number() })

export const finding = z
  .object({
    signal: signalName,
    dimension: z.string(),
    label: z.string().optional(),
    direction: z.enum(['up', 'down', 'new', 'vanished']),
    harmful: z.boolean(),
    unit: z.string(),
    observed: z.number(),
    expected: z.number(),
    lower: z.number(),
    upper: z.number(),
    effect: z.number(),
    effect_unit: z.enum(['relative', 'absolute']),
    p_value: z.number(),
    q_value: z.number(),
    score: z.number(),
    n: samples,
    baseline: z.enum(['concurrent', 'before', 'seasonal']),
    window: windows,
    started_at: time,
    method: z.string(),
    reason: z.string(),
    quantile: z.number().optional(),
    exemplar_trace_ids: z.array(z.string()),
    top_attributes: z.array(
      z.object({ key: z.string(), value: z.string(), bad_share: z.number(), all_share: z.number() }),
    ),
    sql: z.string(),
  })
  .meta({ id: 'Finding' })

export const checked = z
  .object({
    signal: signalName,
    dimension: z.string(),
    outcome: z.enum(['pass', 'thin', 'skipped', 'finding']),
    reason: z.string(),
    n: samples,
    smallest_effect: z.number().nullable(),
  })
  .meta({ id: 'Checked' })

export const suspect = z
  .object({
    deploy_id: z.string(),
    service: z.string(),
    version: z.string(),
    commit: z.string(),
    score: z.number(),
    evidence: z.array(z.string()),
  })
  .meta({ id: 'Suspect' })

export const verdict = z
  .object({
    deploy_id: z.string(),
    service: z.string(),
    environment: z.string(),
    version: z.string(),
    commit: z.string(),
    verdict: verdictWord,
    reason: z.string(),
    score: z.number(),
    decided_at: maybeTime,
    updated_at: time,
    window: windows,
    findings: z.array(finding),
    checked: z.array(checked),
    power: z.object({
      smallest_error_ratio: z.number().nullable(),
      smallest_latency: z.number().nullable(),
      needs: z.string().nullable(),
      requests: samples,
    }),
    commits: z.object({ wording: z.string(), commits: z.array(commit) }),
    suspects: z.array(suspect),
    final: z.boolean(),
    /** Findings that somebody called expected; absent where there is none. */
    accepted: z
      .array(
        z.object({ anomaly_id: z.string(), signal: signalName, dimension: z.string(), by: z.string(), at: z.string() }),
      )
      .exactOptional(),
  })
  .meta({ id: 'Verdict' })

/** What a pipeline asks: may this release go on? */
export const gate = z
  .object({
    data: z.object({
      verdict: verdictWord,
      ok: z.boolean(),
      score: z.number(),
      reason: z.string(),
      deploy_id: z.string().nullable(),
      findings: z.number().int(),
      /** Harmful findings that somebody called expected; where that is all of them, `ok` is true. */
      accepted: z.number().int(),
    }),
  })
  .meta({ id: 'Gate' })

export type VerdictWord = z.infer<typeof verdictWord>
export type SignalName = z.infer<typeof signalName>
export type Finding = z.infer<typeof finding>
export type Checked = z.infer<typeof checked>
export type Suspect = z.infer<typeof suspect>
export type Verdict = z.infer<typeof verdict>
export type Gate = z.infer<typeof gate>
