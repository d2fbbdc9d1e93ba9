import { z } from 'zod'
import { listPatterns, type PatternRow } from '../../../shared/store/log-patterns.ts'
import { ok, type Route, route } from '../route.ts'
import { isoOf, name, range, spanOf, whole } from './query.ts'
import { type LogPattern, logPatternList } from './schemas/services.ts'
import { logLevel } from './schemas/telemetry.ts'
import { stepOf } from './series.ts'

const DAY_MS = 86_400_000
const SPARKS = 24

const isoS = (seconds: string) => isoOf(Number(seconds) * 1000)

function itemOf(row: PatternRow, service: string, span: { fromMs: number; toMs: number }, stepS: number): LogPattern {
  const slots = new Map(row.slots[0].map((slot, i) => [Number(slot), Number(row.slots[1][i])]))
  const steps = Math.ceil((span.toMs - span.fromMs) / 1000 / stepS)
  return {
    pattern_id: row.pattern_id,
    service,
    template: row.template,
    sample: row.sample,
    severity: row.main_severity,
    count: Number(row.n),
    first_seen_at: isoS(row.first),
    last_seen_at: isoS(row.last),
    first_version: row.first_version,
    versions: row.versions[0].map((version, i) => ({ version, count: Number(row.versions[1][i]) })),
    sparkline: {
      step_s: stepS,
      from: isoOf(span.fromMs),
      counts: Array.from({ length: steps }, (_, i) => slots.get(i) ?? 0),
    },
  }
}

export const patternRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/services/{name}/logs/patterns',
    scope: 'read',
    tag: 'logs',
    summary: 'What its logs say, without the variable parts; the most frequent first',
    params: z.strictObject({ name }),
    query: z.strictObject({
      environment: name.optional(),
      version: name.optional(),
      level: logLevel.optional(),
      limit: whole(1, 1000).default(200),
      ...range,
    }),
    csv: true,
    answers: ok(logPatternList),
    handle: async ({ params, query }, api) => {
      const asked = spanOf(query, api.clock.nowMs(), DAY_MS)
      const span = { fromMs: Math.floor(asked.fromMs / 60_000) * 60_000, toMs: asked.toMs }
      const spanMs = span.toMs - span.fromMs
      const stepS = stepOf(spanMs, Math.max(60, spanMs / 1000 / SPARKS))
      const { from: _from, to: _to, ...filter } = query
      const rows = await listPatterns(api.store, { ...filter, ...span, service: params.name, stepS })
      return { body: { items: rows.map((row) => itemOf(row, params.name, span, stepS)), next: null } }
    },
  }),
]
