import { z } from 'zod'
import { createSilence, expireSilence, listSilences } from '../../../shared/state/silences.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { byId, flag, paging } from './query.ts'
import { silence, silenceInput, silenceList } from './schemas/alerting.ts'

const path = '/api/v1/silences'

export const silenceRoutes: Route[] = [
  route({
    method: 'get',
    path,
    scope: 'read',
    tag: 'silences',
    summary: 'Silences, the latest to begin first; active=1 only those that hold now',
    query: z.strictObject({ active: flag.optional(), ...paging }),
    answers: ok(silenceList),
    handle: async ({ query }, api) => ({
      body: await listSilences(api.state, { ...query, nowMs: api.clock.nowMs() }),
    }),
  }),
  route({
    method: 'post',
    path,
    scope: 'admin',
    tag: 'silences',
    summary: 'Tell nobody of what matches, for a time',
    body: silenceInput,
    answers: { 201: { description: 'Holds', schema: silence } },
    handle: async ({ body, caller }, api) => ({
      status: 201,
      body: await createSilence(api, { ...body, created_by: body.created_by ?? caller?.name ?? 'console' }),
    }),
  }),
  route({
    method: 'delete',
    path: `${path}/{id}`,
    scope: 'admin',
    tag: 'silences',
    summary: 'End a silence now',
    params: byId,
    answers: ok(silence),
    handle: async ({ params }, api) => {
      const expired = await expireSilence(api, params.id)
      if (!expired) throw notFound('silence', params.id)
      return { body: expired }
    },
  }),
]
