import { z } from 'zod'
import { recordDeployEvent } from '../../../shared/state/deploys.ts'
import { type Answer, type Api, type Route, route } from '../route.ts'
import { readCdEvent } from './cdevents.ts'
import type { ForeignEvent } from './foreign.ts'
import { readGithubEvent } from './github.ts'
import { deploy } from './schemas/deploys.ts'

const ignored = z.object({ ignored: z.literal(true), reason: z.string() }).meta({ id: 'Ignored' })
const answers: Route['answers'] = {
  201: { description: 'Known now', schema: deploy },
  202: { description: 'Understood, but it tells of no deploy', schema: ignored },
}

async function take(event: ForeignEvent, source: 'github' | 'cdevents', api: Api): Promise<Answer> {
  if ('ignored' in event) return { status: 202, body: { ignored: true, reason: event.ignored } }
  const { deploy: d } = await recordDeployEvent(api.state, event.deploy, source, api.clock.nowMs())
  return { status: 201, body: d, headers: { location: `/api/v1/deploys/${d.id}` } }
}

/** Foreign documents are read field by field; what we do not know of them may be anything. */
const anyObject = z.record(z.string(), z.unknown())

export const deployEventRoutes: Route[] = [
  route({
    method: 'post',
    path: '/api/v1/deploys/github',
    scope: 'deploy',
    tag: 'deploys',
    summary: 'A `deployment_status` event as GitHub sends it',
    body: anyObject,
    answers,
    handle: ({ body, headers }, api) => take(readGithubEvent(body, headers['x-github-event']), 'github', api),
  }),
  route({
    method: 'post',
    path: '/api/v1/deploys/cdevents',
    scope: 'deploy',
    tag: 'deploys',
    summary: 'A `service.deployed`, `upgraded` or `rolledback` event of CDEvents, plain or inside a CloudEvent',
    body: anyObject,
    answers,
    handle: ({ body }, api) => take(readCdEvent(body), 'cdevents', api),
  }),
]
