import { z } from 'zod'
import {
  createChannel,
  deleteChannel,
  getChannel,
  listChannels,
  rotateSecret,
  updateChannel,
} from '../../../shared/state/channels.ts'
import { enqueueTest } from '../../../shared/state/deliveries.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { byId, paging } from './query.ts'
import {
  channel,
  channelCreated,
  channelInput,
  channelList,
  channelPatch,
  delivery,
  secretInput,
} from './schemas/alerting.ts'

const path = '/api/v1/channels'

export const channelRoutes: Route[] = [
  route({
    method: 'get',
    path,
    scope: 'read',
    tag: 'channels',
    summary: 'Where alerts go',
    query: z.strictObject(paging),
    answers: ok(channelList),
    handle: async ({ query }, api) => ({ body: await listChannels(api.state, query) }),
  }),
  route({
    method: 'post',
    path,
    scope: 'admin',
    tag: 'channels',
    summary: 'Add a channel. A webhook without a secret is given one, shown in this answer only',
    body: channelInput,
    answers: { 201: { description: 'Added', schema: channelCreated } },
    handle: async ({ body }, api) => {
      const { channel: created, secret } = await createChannel(api, body)
      return {
        status: 201,
        body: { ...created, generated_secret: secret },
        headers: { location: `${path}/${created.id}` },
      }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    scope: 'read',
    tag: 'channels',
    summary: 'One channel',
    params: byId,
    answers: ok(channel),
    handle: async ({ params }, api) => {
      const found = await getChannel(api.state, params.id)
      if (!found) throw notFound('channel', params.id)
      return { body: found }
    },
  }),
  route({
    method: 'patch',
    path: `${path}/{id}`,
    scope: 'admin',
    tag: 'channels',
    summary: 'Change name, url, secret, filter, or whether it is on',
    params: byId,
    body: channelPatch,
    answers: ok(channel),
    handle: async ({ params, body }, api) => {
      const changed = await updateChannel(api, params.id, body)
      if (!changed) throw notFound('channel', params.id)
      return { body: changed }
    },
  }),
  route({
    method: 'delete',
    path: `${path}/{id}`,
    scope: 'admin',
    tag: 'channels',
    summary: 'Remove a channel; what it was still owed becomes a dead letter',
    params: byId,
    answers: { 204: { description: 'Removed', schema: null } },
    handle: async ({ params }, api) => {
      if (!(await deleteChannel(api, params.id))) throw notFound('channel', params.id)
      return { status: 204 }
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/test`,
    scope: 'admin',
    tag: 'channels',
    summary: 'Send a message that is marked as a test; the answer is its delivery, to be watched',
    params: byId,
    body: z.strictObject({}),
    bodyOptional: true,
    answers: { 202: { description: 'Queued', schema: delivery } },
    handle: async ({ params }, api) => {
      const queued = await enqueueTest(api, params.id)
      if (!queued) throw notFound('channel', params.id)
      return { status: 202, body: queued, headers: { location: `/api/v1/deliveries/${queued.id}` } }
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/rotate`,
    scope: 'admin',
    tag: 'channels',
    summary: 'Give it a new secret; for 24 hours messages are signed with both',
    params: byId,
    body: secretInput,
    bodyOptional: true,
    answers: ok(channelCreated),
    handle: async ({ params, body }, api) => {
      const rotated = await rotateSecret(api, params.id, body)
      if (!rotated) throw notFound('channel', params.id)
      return { body: { ...rotated.channel, generated_secret: rotated.secret } }
    },
  }),
]
