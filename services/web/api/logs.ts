import { z } from 'zod'
import { likeOf } from '../../../shared/patterns/like.ts'
import { templateOf } from '../../../shared/store/log-patterns.ts'
import { type LogRow, listLogs } from '../../../shared/store/logs.ts'
import { notFound } from '../problem.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { isoOfNs, name, paging, patternId, range, readCursor, spanOf, writeCursor } from './query.ts'
import { type LogLine, logLevel, logList } from './schemas/telemetry.ts'

const HOUR_MS = 3_600_000

export const lineOf = (row: LogRow): LogLine => ({
  time: isoOfNs(row.ns),
  service: row.service,
  environment: row.environment,
  version: row.version,
  severity: row.severity,
  severity_number: row.severity_number,
  body: row.body,
  trace_id: row.trace_id,
  span_id: row.span_id,
  attributes: row.attributes,
})

/** @throws ProblemError 404 where the pattern is not known, or not of this service */
async function likeOfPattern(api: Api, id: string, service: string | undefined): Promise<string> {
  const template = await templateOf(api.store, id, service)
  if (template === null) throw notFound('log pattern', id)
  return likeOf(template)
}

export const logRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/logs',
    scope: 'read',
    tag: 'logs',
    summary: 'Log lines, newest first; `level` is that severity and above, `q` a part of the text',
    query: z.strictObject({
      service: name.optional(),
      environment: name.optional(),
      version: name.optional(),
      level: logLevel.optional(),
      q: z.string().min(1).max(1024).optional(),
      trace_id: name.min(1).optional(),
      pattern_id: patternId.optional(),
      ...range,
      ...paging,
    }),
    csv: true,
    answers: ok(logList),
    handle: async ({ query }, api) => {
      const { limit, q, level, service, environment, version } = query
      const like = query.pattern_id === undefined ? undefined : await likeOfPattern(api, query.pattern_id, service)
      const rows = await listLogs(api.store, {
        ...spanOf(query, api.clock.nowMs(), HOUR_MS),
        ...{ limit, q, level, service, environment, version },
        traceId: query.trace_id,
        like,
        after: readCursor(query.cursor),
      })
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return {
        body: { items: items.map(lineOf), next: rows.length > limit && last ? writeCursor(last.ns, last.hash) : null },
      }
    },
  }),
]
