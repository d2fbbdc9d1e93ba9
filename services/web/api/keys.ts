import { z } from 'zod'
import { createKey, listKeys, revokeKey } from '../../../shared/state/keys.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { byId, paging } from './query.ts'
import { apiKey, apiKeyCreated, apiKeyInput, apiKeyList } from './schemas/admin.ts'

const path = '/api/v1/keys'

export const keyRoutes: Route[] = [
  route({
    method: 'get',
    path,
    scope: 'admin',
    tag: 'keys',
    summary: 'Keys, newest first, revoked ones too; never the key itself',
    query: z.strictObject(paging),
    answers: ok(apiKeyList),
    handle: async ({ query }, api) => ({ body: await listKeys(api.state, query) }),
  }),
  route({
    method: 'post',
    path,
    scope: 'admin',
    tag: 'keys',
    summary: 'Make a key. It is shown in this answer only',
    body: apiKeyInput,
    answers: { 201: { description: 'Made', schema: apiKeyCreated } },
    handle: async ({ body }, api) => {
      const { key, plaintext } = await createKey(api, body)
      return { status: 201, body: { ...key, key: plaintext } }
    },
  }),
  route({
    method: 'delete',
    path: `${path}/{id}`,
    scope: 'admin',
    tag: 'keys',
    summary: 'Revoke a key at once',
    params: byId,
    answers: ok(apiKey),
    handle: async ({ params }, api) => {
      const revoked = await revokeKey(api, params.id)
      if (!revoked) throw notFound('key', params.id)
      return { body: revoked }
    },
  }),
]
