import { z } from 'zod'
import { REDACTION_RULES } from '../../../shared/model/redaction.ts'
import { maskedByRule, metricLeaders, nameLeaders } from '../../../shared/store/cardinality.ts'
import { ok, type Route, route } from '../route.ts'
import { isoOf } from './query.ts'
import { cardinality, runningSettings } from './schemas/system.ts'

/** Points are counted one by one, so not for long. */
const COUNTED_MS = 15 * 60_000
const DAY_MS = 86_400_000
const LEADERS = 20
/** Rollups are kept this many times as long as raw telemetry: migrations/0002_rollups.sql. */
export const ROLLUPS_TIMES = 4

export const runningRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/system/cardinality',
    scope: 'read',
    tag: 'system',
    summary: 'What had the most series and names in the last 15 minutes, and what was too many',
    query: z.strictObject({}),
    answers: ok(cardinality),
    handle: async (_request, api) => {
      const toMs = api.clock.nowMs()
      const span = { fromMs: toMs - COUNTED_MS, toMs }
      const [metrics, names] = await Promise.all([
        metricLeaders(api.store, span, LEADERS),
        nameLeaders(api.store, span, LEADERS),
      ])
      return { body: { from: isoOf(span.fromMs), to: isoOf(toMs), metrics, names } }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/system/settings',
    scope: 'read',
    tag: 'system',
    summary: 'The settings that decide what is told and what is kept, and what redaction masked in the last day',
    query: z.strictObject({}),
    answers: ok(runningSettings),
    handle: async (_request, { clock, config, store }) => {
      const toMs = clock.nowMs()
      const masked = await maskedByRule(store, { fromMs: toMs - DAY_MS, toMs })
      return {
        body: {
          sensitivity: config.sensitivity,
          settle_minutes: config.settleMinutes,
          watch_minutes: config.watchMinutes,
          detect_every_s: config.detectEveryS,
          retention_days: { raw: config.retentionDays, rollups: config.retentionDays * ROLLUPS_TIMES },
          redaction: Object.entries(REDACTION_RULES).map(([rule, finds]) => ({
            ...{ rule, finds, masked_24h: masked.get(rule) ?? 0 },
          })),
        },
      }
    },
  }),
]
