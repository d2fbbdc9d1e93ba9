import { z } from 'zod'
import { getDelivery, listDeliveries, replayDelivery } from '../../../shared/state/deliveries.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { byId, id, paging } from './query.ts'
import { delivery, deliveryList } from './schemas/alerting.ts'

const path = '/api/v1/deliveries'

export const deliveryRoutes: Route[] = [
  route({
    method: 'get',
    path,
    scope: 'read',
    tag: 'deliveries',
    summary: 'Deliveries, newest first; state=dead lists the dead letters',
    query: z.strictObject({
      channel_id: id.optional(),
      incident_id: id.optional(),
      state: z.enum(['pending', 'delivered', 'dead', 'superseded']).optional(),
      event: z.enum(['firing', 'resolved', 'test', 'deploy']).optional(),
      ...paging,
    }),
    csv: true,
    answers: ok(deliveryList),
    handle: async ({ query }, api) => {
      const { limit, cursor, ...filter } = query
      return { body: await listDeliveries(api.state, filter, { limit, cursor }) }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    scope: 'read',
    tag: 'deliveries',
    summary: 'One delivery',
    params: byId,
    answers: ok(delivery),
    handle: async ({ params }, api) => {
      const found = await getDelivery(api.state, params.id)
      if (!found) throw notFound('delivery', params.id)
      return { body: found }
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/replay`,
    scope: 'admin',
    tag: 'deliveries',
    summary: 'Send it again under the same id',
    params: byId,
    body: z.strictObject({}),
    bodyOptional: true,
    answers: { 202: { description: 'Queued', schema: delivery } },
    handle: async ({ params }, api) => {
      const queued = await replayDelivery(api, params.id)
      if (!queued) throw notFound('delivery', params.id)
      return { status: 202, body: queued }
    },
  }),
]
