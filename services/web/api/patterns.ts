import { z } from 'zod'
import { likeOf } from '../../../shared/patterns/like.ts'
import { listPatterns, type PatternRow, templateOf } from '../../../shared/store/log-patterns.ts'
import { listLogs } from '../../../shared/store/logs.ts'
import { invalid, notFound } from '../problem.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { slotsOf } from './pattern-values.ts'
import { id, isoOf, name, patternId, range, spanOf, time, whole } from './query.ts'
import { type PatternValues, patternValues } from './schemas/patterns.ts'
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

/** Lines that are read of each sample. */
const SAMPLED = 1000

type Sample = PatternValues['samples'][number]
type Asked = { service: string; environment?: string | undefined; version?: string | undefined; template: string }

/** Values in the slots of the newest lines of a pattern. A line now and then that only looks like one of it is left out. */
async function sampleOf(
  api: Api,
  { template, ...asked }: Asked,
  span: { of: Sample['of']; fromMs: number; toMs: number },
): Promise<Sample> {
  const { of, fromMs, toMs } = span
  const rows = await listLogs(api.store, { ...asked, fromMs, toMs, like: likeOf(template), limit: SAMPLED })
  const read = rows.slice(0, SAMPLED).map((row) => row.body)
  const more = rows.length > SAMPLED
  return { of, from: isoOf(fromMs), to: isoOf(toMs), more, ...slotsOf(template, read) }
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
  route({
    method: 'get',
    path: '/api/v1/services/{name}/logs/patterns/{id}/values',
    scope: 'read',
    tag: 'logs',
    summary:
      'What stands in the variable parts of a log pattern, in its newest lines; with `split`, before and since a time',
    params: z.strictObject({ name, id }),
    query: z.strictObject({
      environment: name.optional(),
      version: name.optional(),
      split: time.optional(),
      ...range,
    }),
    answers: ok(patternValues),
    handle: async ({ params, query }, api) => {
      const { fromMs, toMs } = spanOf(query, api.clock.nowMs(), DAY_MS)
      const splitMs = query.split === undefined ? null : Date.parse(query.split)
      if (splitMs !== null && (splitMs <= fromMs || splitMs >= toMs))
        throw invalid('?split', 'it must lie between from and to')
      const isId = patternId.safeParse(params.id).success
      const template = isId ? await templateOf(api.store, params.id, params.name) : null
      if (template === null) throw notFound('log pattern', params.id)
      const asked = { service: params.name, environment: query.environment, version: query.version, template }
      const samples = await Promise.all(
        splitMs === null
          ? [sampleOf(api, asked, { of: 'all', fromMs, toMs })]
          : [
              sampleOf(api, asked, { of: 'before', fromMs, toMs: splitMs }),
              sampleOf(api, asked, { of: 'since', fromMs: splitMs, toMs }),
            ],
      )
      return { body: { pattern_id: params.id, service: params.name, template, samples } }
    },
  }),
]
