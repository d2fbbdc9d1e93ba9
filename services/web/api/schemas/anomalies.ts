import { z } from 'zod'
import { commit, maybeTime, page, time } from './common.ts'
import { finding, signalName, suspect } from './verdicts.ts'

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
    evidence: z.object({ finding, closed_reason: z.string().nullable() }),
    updated_at: time,
  })
  .meta({ id: 'Anomaly' })

export const anomalyList = page(anomaly).meta({ id: 'AnomalyList' })

export type Anomaly = z.infer<typeof anomaly>
export type AnomalyList = z.infer<typeof anomalyList>
