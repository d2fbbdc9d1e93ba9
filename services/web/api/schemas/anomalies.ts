import { z } from 'zod'
import { commit, maybeTime, page, text, time } from './common.ts'
import { finding, signalName, suspect } from './verdicts.ts'

/** A service in which what is wrong most likely began, or which is affected by it. */
const origin = z
  .object({
    service: z.string(),
    role: z.enum(['origin', 'affected']),
    score: z.number(),
    evidence: z.array(z.string()),
  })
  .meta({ id: 'Origin' })

export const anomaly = z
  .object({
    id: z.string(),
    service: z.string(),
    environment: z.string(),
    signal: signalName,
    dimension: z.string(),
    direction: z.enum(['up', 'down', 'new', 'vanished']),
    harmful: z.boolean(),
    state: z.enum(['open', 'closed']),
    started_at: time,
    ended_at: maybeTime,
    observed: z.number(),
    expected: z.number(),
    lower: z.number(),
    upper: z.number(),
    unit: z.string(),
    effect: z.number(),
    effect_unit: z.enum(['relative', 'absolute']),
    p_value: z.number(),
    score: z.number(),
    deploy: z.object({ id: z.string(), version: z.string(), commit: z.string(), commits: z.array(commit) }).nullable(),
    suspects: z.array(suspect),
    origins: z.array(origin).optional(),
    evidence: z.object({ finding, closed_reason: z.string().nullable() }),
    updated_at: time,
  })
  .meta({ id: 'Anomaly' })

/** Who called it expected, and the level that is the baseline since. */
export const acceptedAnomaly = z
  .object({
    anomaly_id: z.string(),
    service: z.string(),
    environment: z.string(),
    deploy_id: z.string().nullable(),
    signal: signalName,
    dimension: z.string(),
    observed: z.number(),
    expected: z.number(),
    accepted_at: time,
    accepted_by: z.string(),
    comment: z.string(),
  })
  .meta({ id: 'AcceptedAnomaly' })

/** One anomaly; `accepted` where somebody called it expected, absent where nobody did. */
export const anomalyDetail = anomaly.extend({ accepted: acceptedAnomaly.exactOptional() }).meta({ id: 'AnomalyDetail' })

export const expectedInput = z
  .strictObject({ by: text(200).min(1).optional(), comment: text(1000).optional() })
  .meta({ id: 'ExpectedInput' })

export const anomalyList = page(anomaly).meta({ id: 'AnomalyList' })

export type Anomaly = z.infer<typeof anomaly>
export type AnomalyDetail = z.infer<typeof anomalyDetail>
export type AnomalyList = z.infer<typeof anomalyList>
