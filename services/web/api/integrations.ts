import { z } from 'zod'
import { listChannels } from '../../../shared/state/channels.ts'
import { listDeliveries } from '../../../shared/state/deliveries.ts'
import { listDeploys } from '../../../shared/state/deploys.ts'
import { type Sender, senders } from '../../../shared/store/senders.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { isoOf } from './query.ts'
import { type Integrations, integrations } from './schemas/integrations.ts'

const DAY_MS = 86_400_000
const SENDERS = 500
/** Deploys and deliveries are looked through newest first, no further than this many. */
const LOOKED_AT = 500
const SOURCES = ['telemetry', 'api', 'github', 'cdevents'] as const

const lastOf = (sender: Sender, signal: 'traces' | 'metrics' | 'logs'): string | null => {
  const seconds = sender.last.get(signal)
  return seconds === undefined ? null : isoOf(seconds * 1000)
}

async function deploySources(api: Api): Promise<Integrations['deploy_sources']> {
  const { items } = await listDeploys(api.state, { limit: LOOKED_AT })
  return SOURCES.map((source) => {
    const told = items.filter((deploy) => deploy.sources.includes(source))
    const last = told[0]
    return {
      ...{ source, deploys: told.length, looked_at: items.length },
      last: last ? { id: last.id, service: last.service, version: last.version, started_at: last.started_at } : null,
    }
  })
}

async function channels(api: Api): Promise<Integrations['channels']> {
  const [all, delivered] = await Promise.all([
    listChannels(api.state, { limit: LOOKED_AT }),
    listDeliveries(api.state, { state: 'delivered' }, { limit: LOOKED_AT }),
  ])
  return all.items.map(({ id, name, kind, enabled }) => ({
    ...{ id, name, kind, enabled },
    last_delivered_at: delivered.items.find((one) => one.channel_id === id)?.delivered_at ?? null,
  }))
}

async function readIntegrations(api: Api): Promise<Integrations> {
  const toMs = api.clock.nowMs()
  const span = { fromMs: toMs - DAY_MS, toMs }
  const [sent, sources, told] = await Promise.all([
    senders(api.store, span, SENDERS),
    deploySources(api),
    channels(api),
  ])
  return {
    ...{ from: isoOf(span.fromMs), to: isoOf(toMs) },
    senders: sent.map((sender) => ({
      ...{ service: sender.service, environment: sender.environment, sdks: sender.sdks },
      ...{
        traces_at: lastOf(sender, 'traces'),
        metrics_at: lastOf(sender, 'metrics'),
        logs_at: lastOf(sender, 'logs'),
      },
    })),
    deploy_sources: sources,
    channels: told,
  }
}

export const integrationRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/integrations',
    scope: 'read',
    tag: 'system',
    summary: 'Who sends telemetry and by which SDK, who tells of deploys, and which channels deliver',
    query: z.strictObject({}),
    answers: ok(integrations),
    handle: async (_request, api) => ({ body: await readIntegrations(api) }),
  }),
]
