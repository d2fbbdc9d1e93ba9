import { z } from 'zod'
import { acknowledgeIncident, getIncident, listIncidents, noteIncident } from '../../../shared/state/incidents.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { boundsOf, byId, id, name, paging, range } from './query.ts'
import { ackInput, incident, incidentList, noteInput, severity } from './schemas/alerting.ts'

const path = '/api/v1/incidents'

export const incidentRoutes: Route[] = [
  route({
    method: 'get',
    path,
    scope: 'read',
    tag: 'incidents',
    summary: 'Incidents, newest first',
    query: z.strictObject({
      service: name.optional(),
      environment: name.optional(),
      deploy_id: id.optional(),
      state: z.enum(['firing', 'resolved']).optional(),
      severity: severity.optional(),
      ...range,
      ...paging,
    }),
    csv: true,
    answers: ok(incidentList),
    handle: async ({ query }, api) => {
      const { from: _from, to: _to, limit, cursor, ...filter } = query
      return { body: await listIncidents(api.state, { ...filter, ...boundsOf(query) }, { limit, cursor }) }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    scope: 'read',
    tag: 'incidents',
    summary: 'One incident',
    params: byId,
    answers: ok(incident),
    handle: async ({ params }, api) => {
      const found = await getIncident(api.state, params.id)
      if (!found) throw notFound('incident', params.id)
      return { body: found }
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/ack`,
    scope: 'admin',
    tag: 'incidents',
    summary: 'Say that somebody is on it; the first acknowledgement stands',
    params: byId,
    body: ackInput,
    bodyOptional: true,
    answers: ok(incident),
    handle: async ({ params, body, caller }, api) => {
      const acknowledged = await acknowledgeIncident(api, params.id, body.by ?? caller?.name ?? 'console')
      if (!acknowledged) throw notFound('incident', params.id)
      return { body: acknowledged }
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/note`,
    scope: 'admin',
    tag: 'incidents',
    summary: 'Set the note, or take it away with null',
    params: byId,
    body: noteInput,
    answers: ok(incident),
    handle: async ({ params, body }, api) => {
      const noted = await noteIncident(api, params.id, body.note)
      if (!noted) throw notFound('incident', params.id)
      return { body: noted }
    },
  }),
]
