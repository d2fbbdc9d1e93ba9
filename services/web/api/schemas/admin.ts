import { z } from 'zod'
import { anomaly } from './anomalies.ts'
import { maybeTime, page, text, time, toldTime } from './common.ts'
import { verdict } from './verdicts.ts'

export const scope = z.enum(['ingest', 'read', 'deploy', 'admin']).meta({ id: 'Scope' })

export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    /** The public beginning of the key, to find it by. */
    prefix: z.string(),
    scopes: z.array(scope),
    created_at: time,
    /** To within a minute; null until it was used. */
    last_used_at: maybeTime,
    revoked_at: maybeTime,
  })
  .meta({ id: 'ApiKey' })

export const apiKeyList = page(apiKey).meta({ id: 'ApiKeyList' })

export const apiKeyInput = z
  .strictObject({ name: text(128).min(1), scopes: z.array(scope).min(1).max(4) })
  .meta({ id: 'ApiKeyInput' })

/** The only answer that ever holds the key itself. */
export const apiKeyCreated = apiKey.extend({ key: z.string() }).meta({ id: 'ApiKeyCreated' })

export const sessionInput = z.strictObject({ key: text(512).min(1) }).meta({ id: 'SessionInput' })

/** Who asks. `scopes` is all of them where this address needs no key. */
export const session = z
  .object({ auth: z.boolean(), signed_in: z.boolean(), name: z.string().nullable(), scopes: z.array(scope) })
  .meta({ id: 'Session' })

const replaySettings = z.strictObject({
  sensitivity: z.enum(['low', 'normal', 'high']).optional(),
  settle_minutes: z.number().int().min(0).max(120).optional(),
  watch_minutes: z.number().int().min(2).max(1440).optional(),
})

export const replayInput = z
  .strictObject({
    from: toldTime,
    to: toldTime,
    settings: replaySettings.optional(),
    /** Judge moments at which nothing was deployed, to count false alarms. */
    placebo: z.boolean().optional(),
  })
  .meta({ id: 'ReplayInput' })

const counted = { judged: z.number().int(), regressed: z.number().int() }

export const replay = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'running', 'done', 'failed']),
    from: time,
    to: time,
    settings: replaySettings,
    created_at: time,
    finished_at: maybeTime,
    error: z.string().nullable(),
    /** 0 … 1. */
    progress: z.number(),
    verdicts: z.array(verdict),
    anomalies: z.array(anomaly),
    /** Counts of a placebo replay; null in an ordinary one. */
    placebo: z
      .object({
        ...counted,
        false_alarm_ratio: z.number().nullable(),
        by_sensitivity: z.array(
          z.object({
            sensitivity: z.enum(['low', 'normal', 'high']),
            ...counted,
            per_service_and_week: z.number().nullable(),
          }),
        ),
        without_deploy: z.object({
          services: z.number().int(),
          anomalies: z.number().int(),
          per_service_and_week: z.number().nullable(),
        }),
      })
      .nullable(),
  })
  .meta({ id: 'Replay' })

export type Scope = z.infer<typeof scope>
export type ApiKey = z.infer<typeof apiKey>
export type ApiKeyList = z.infer<typeof apiKeyList>
export type ApiKeyInput = z.input<typeof apiKeyInput>
export type ApiKeyCreated = z.infer<typeof apiKeyCreated>
export type Session = z.infer<typeof session>
export type ReplayInput = z.input<typeof replayInput>
export type Replay = z.infer<typeof replay>
