import { z } from 'zod'
import { acceptAnomaly, acceptanceOf, withdrawAcceptance } from '../../../shared/state/accepted.ts'
import { getAnomaly, listAnomalies } from '../../../shared/store/anomalies.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { boundsOf, byId, flag, id, name, paging, range } from './query.ts'
import { acceptedAnomaly, anomalyDetail, anomalyList, expectedInput } from './schemas/anomalies.ts'
import { signalName } from './schemas/verdicts.ts'

export const anomalyRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/anomalies',
    scope: 'read',
    tag: 'anomalies',
    summary: 'Anomalies, newest first',
    query: z.strictObject({
      service: name.optional(),
      environment: name.optional(),
      deploy: id.optional(),
      commit: name.min(7, 'must have at least 7 characters').optional(),
      signal: signalName.optional(),
      state: z.enum(['open', 'closed']).optional(),
      harmful: flag.optional(),
      ...range,
      ...paging,
    }),
    csv: true,
    answers: ok(anomalyList),
    handle: async ({ query }, api) => {
      const { from: _from, to: _to, limit, cursor, ...filter } = query
      return { body: await listAnomalies(api.store, { ...filter, ...boundsOf(query) }, { limit, cursor }) }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/anomalies/{id}',
    scope: 'read',
    tag: 'anomalies',
    summary: 'One anomaly with its evidence, and who called it expected',
    params: byId,
    answers: ok(anomalyDetail),
    handle: async ({ params }, api) => {
      const found = await getAnomaly(api.store, params.id)
      if (!found) throw notFound('anomaly', params.id)
      const accepted = await acceptanceOf(api.state, params.id)
      return { body: accepted ? { ...found, accepted } : found }
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/anomalies/{id}/expected',
    scope: 'admin',
    tag: 'anomalies',
    summary: 'Call it expected: its level is the baseline until the next deploy, and it is closed in the next pass',
    params: byId,
    body: expectedInput,
    bodyOptional: true,
    answers: ok(acceptedAnomaly),
    handle: async ({ params, body, caller }, api) => {
      const found = await getAnomaly(api.store, params.id)
      if (!found) throw notFound('anomaly', params.id)
      const by = body.by ?? caller?.name ?? 'console'
      return { body: await acceptAnomaly(api, found, { by, comment: body.comment ?? '' }) }
    },
  }),
  route({
    method: 'delete',
    path: '/api/v1/anomalies/{id}/expected',
    scope: 'admin',
    tag: 'anomalies',
    summary: 'Take that back: where it is still found, the anomaly opens again in the next pass',
    params: byId,
    answers: { 204: { description: 'Taken back', schema: null } },
    handle: async ({ params }, api) => {
      if (!(await withdrawAcceptance(api.state, params.id))) throw notFound('accepted anomaly', params.id)
      return { status: 204 }
    },
  }),
]
