import { z } from 'zod'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { latestDeploys } from '../../../shared/state/deploy-latest.ts'
import { listDeploys } from '../../../shared/state/deploys.ts'
import { addBuckets, quantileMs } from '../../../shared/store/buckets.ts'
import {
  figures,
  type KnownService,
  knownServices,
  openAnomalies,
  ratio,
  type Slot,
  serviceSlots,
} from '../../../shared/store/services.ts'
import { getVerdicts } from '../../../shared/store/verdicts.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { isoOf, isoOrNull, name, range, spanOf } from './query.ts'
import { type Health, type ServiceItem, serviceList } from './schemas/services.ts'
import type { VerdictWord } from './schemas/verdicts.ts'

const HOUR_MS = 3_600_000
const IDLE_MS = 15 * 60_000
const MAX_SERVICES = 2000
const SPARKS = 30

type Shown = Pick<ServiceItem, 'verdict' | 'open_anomalies'> & {
  lastRequestMs: number | null
  deploy: Deploy | undefined
}

/** The one word for a row: harm first, then silence, then what is still being watched. */
export function healthOf(s: Shown, toMs: number, watchMs: number): Health {
  if (s.verdict === 'regressed' || s.open_anomalies > 0) return 'regressed'
  if (s.lastRequestMs === null || toMs - s.lastRequestMs > IDLE_MS) return 'idle'
  if (s.verdict === 'insufficient_data') return 'too_little_data'
  if (s.verdict === 'pending' && s.deploy && toMs - Date.parse(s.deploy.started_at) < watchMs) return 'watching'
  return 'ok'
}

type Around = {
  span: { fromMs: number; toMs: number }
  stepS: number
  slots: Map<string, Map<number, Slot>>
  open: Map<string, number>
  latest: Map<string, Deploy>
  recent: Map<string, Deploy[]>
  words: Map<string, VerdictWord>
  watchMs: number
}

const keyOf = (of: { service: string; environment: string }) => `${of.service}\0${of.environment}`

function grouped<T extends { service: string; environment: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? []
    groups.set(keyOf(item), group)
    group.push(item)
  }
  return groups
}

async function readAround(api: Api, environment: string | undefined, span: Around['span']): Promise<Around> {
  const stepS = Math.max(60, Math.ceil((span.toMs - span.fromMs) / 1000 / SPARKS / 60) * 60)
  const [slots, open, latest, recent] = await Promise.all([
    serviceSlots(api.store, { ...span, environment, stepS }),
    openAnomalies(api.store),
    latestDeploys(api.state, MAX_SERVICES),
    listDeploys(api.state, { environment, ...span, limit: 1000 }),
  ])
  const verdicts = await getVerdicts(api.store, [...new Set([...latest, ...recent.items].map((d) => d.id))])
  return {
    span,
    stepS,
    slots,
    open,
    latest: new Map(latest.map((d) => [keyOf(d), d])),
    recent: grouped(recent.items),
    words: new Map([...verdicts].map(([id, v]) => [id, v.verdict])),
    watchMs: api.config.watchMinutes * 60_000,
  }
}

/** All steps of a row as one, and the rate over the time from its first minute to its last. */
function total(slots: Map<number, Slot>) {
  const all = [...slots.values()]
  const buckets = new Map<number, number>()
  for (const slot of all) addBuckets(buckets, [[...slot.buckets.keys()], [...slot.buckets.values()]])
  const sum = (pick: (slot: Slot) => number) => all.reduce((n, slot) => n + pick(slot), 0)
  const requests = sum((slot) => slot.requests)
  const first = Math.min(...all.map((slot) => slot.firstMs))
  const last = Math.max(...all.map((slot) => slot.lastMs))
  const minutes = all.length === 0 ? 0 : (last - first) / 60_000 + 1
  return { ...figures({ requests, errors: sum((slot) => slot.errors), buckets }), minutes }
}

function sparkline(slots: Map<number, Slot>, around: Around): ServiceItem['sparkline'] {
  const steps = Math.ceil((around.span.toMs - around.span.fromMs) / 1000 / around.stepS)
  const each = (of: (slot: Slot) => number | null) =>
    Array.from({ length: steps }, (_, i) => {
      const slot = slots.get(i)
      return slot ? of(slot) : null
    })
  return {
    step_s: around.stepS,
    from: isoOf(around.span.fromMs),
    requests: each((slot) => slot.requests),
    error_ratio: each((slot) => ratio(slot.errors, slot.requests)),
    latency_p99_ms: each((slot) => quantileMs(slot.buckets, 0.99)),
  }
}

function itemOf(known: KnownService, around: Around): ServiceItem {
  const key = keyOf(known)
  const slots = around.slots.get(key) ?? new Map<number, Slot>()
  const sums = total(slots)
  const deploy = around.latest.get(key)
  const verdict = deploy ? (around.words.get(deploy.id) ?? 'pending') : null
  const open_anomalies = around.open.get(key) ?? 0
  return {
    service: known.service,
    environment: known.environment,
    health: healthOf(
      { verdict, open_anomalies, lastRequestMs: known.lastRequestMs, deploy },
      around.span.toMs,
      around.watchMs,
    ),
    requests_per_minute: sums.minutes === 0 ? null : sums.requests / sums.minutes,
    error_ratio: sums.error_ratio,
    latency_p50_ms: sums.latency_p50_ms,
    latency_p99_ms: sums.latency_p99_ms,
    version: deploy?.version || known.version,
    commit: deploy?.commit || known.commit,
    version_since: deploy?.started_at ?? null,
    deploy_id: deploy?.id ?? null,
    verdict,
    open_anomalies,
    last_seen_at: isoOrNull(known.lastMs),
    sparkline: sparkline(slots, around),
    deploys: (around.recent.get(key) ?? []).slice(0, 20).map((d) => ({
      id: d.id,
      started_at: d.started_at,
      version: d.version,
      verdict: around.words.get(d.id) ?? null,
    })),
  }
}

const worst: Health[] = ['regressed', 'watching', 'too_little_data', 'ok', 'idle']

export const servicesRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/services',
    scope: 'read',
    tag: 'services',
    summary: 'Every service and environment of the last week: health, figures, current version; the worst first',
    query: z.strictObject({ environment: name.optional(), ...range }),
    answers: ok(serviceList),
    handle: async ({ query }, api) => {
      const asked = spanOf(query, api.clock.nowMs(), HOUR_MS)
      const span = { fromMs: Math.floor(asked.fromMs / 60_000) * 60_000, toMs: asked.toMs }
      const known = await knownServices(api.store, {
        environment: query.environment,
        toMs: span.toMs,
        limit: MAX_SERVICES,
      })
      const around = await readAround(api, query.environment, span)
      const items = known.map((service) => itemOf(service, around))
      items.sort((a, b) => worst.indexOf(a.health) - worst.indexOf(b.health) || (a.service < b.service ? -1 : 1))
      return { body: { items, next: null } }
    },
  }),
]
