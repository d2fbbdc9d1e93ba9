import { z } from 'zod'
import type { Deploy } from '../../../shared/model/deploy.ts'
import { latestDeploys } from '../../../shared/state/deploy-latest.ts'
import { listDeploys } from '../../../shared/state/deploys.ts'
import {
  type KnownService,
  knownServices,
  openAnomalies,
  type Slot,
  serviceSlots,
} from '../../../shared/store/services.ts'
import { getVerdicts } from '../../../shared/store/verdicts.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { isoOf, isoOrNull, name, range, spanOf } from './query.ts'
import { type Health, type ServiceItem, serviceList } from './schemas/services.ts'
import type { VerdictWord } from './schemas/verdicts.ts'

const HOUR_MS = 3_600_000
const SHOWN_MS = 3 * HOUR_MS
const IDLE_MS = 15 * 60_000
const MAX_SERVICES = 2000
const SPARKS = 30

type Shown = Pick<ServiceItem, 'verdict' | 'open_anomalies'> & {
  lastRequestMs: number | null
  deploy: Deploy | undefined
}

/**
 * The one word for a row: harm first, then silence, then what is still being watched. The first version of a service has nothing to be
 * compared with, however many requests it answers.
 */
export function healthOf(s: Shown, toMs: number, watchMs: number): Health {
  if (s.verdict === 'regressed' || s.open_anomalies > 0) return 'regressed'
  if (s.lastRequestMs === null || toMs - s.lastRequestMs > IDLE_MS) return 'idle'
  if (s.verdict === 'insufficient_data' && s.deploy?.previous_id === null) return 'new'
  if (s.verdict === 'insufficient_data') return 'too_little_data'
  if (s.verdict === 'pending' && s.deploy && toMs - Date.parse(s.deploy.started_at) < watchMs) return 'watching'
  return 'ok'
}

type Around = {
  span: { fromMs: number; toMs: number }
  stepS: number
  /** Of the whole span by step, and of its figures' part as one. */
  slots: Map<string, Map<number, Slot>>
  totals: Map<string, Map<number, Slot>>
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

async function readAround(
  api: Api,
  environment: string | undefined,
  span: Around['span'],
  figuresMs: number,
): Promise<Around> {
  const stepS = Math.max(60, Math.ceil((span.toMs - span.fromMs) / 1000 / SPARKS / 60) * 60)
  const now = { fromMs: Math.max(span.fromMs, span.toMs - figuresMs), toMs: span.toMs }
  const [slots, totals, open, latest, recent] = await Promise.all([
    serviceSlots(api.store, { ...span, environment, stepS }),
    serviceSlots(api.store, { ...now, environment, stepS: Math.ceil(figuresMs / 1000) + 60 }),
    openAnomalies(api.store),
    latestDeploys(api.state, span.toMs, MAX_SERVICES),
    listDeploys(api.state, { environment, ...span, limit: 1000 }),
  ])
  const verdicts = await getVerdicts(api.store, [...new Set([...latest, ...recent.items].map((d) => d.id))])
  return {
    span,
    stepS,
    slots,
    totals,
    open,
    latest: new Map(latest.map((d) => [keyOf(d), d])),
    recent: grouped(recent.items),
    words: new Map([...verdicts].map(([id, v]) => [id, v.verdict])),
    watchMs: api.config.watchMinutes * 60_000,
  }
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
    error_ratio: each((slot) => slot.error_ratio),
    latency_p99_ms: each((slot) => slot.latency_p99_ms),
  }
}

/** The rate over the time from the first minute with requests to the last. */
const perMinute = (of: Slot | undefined): number | null =>
  of ? of.requests / ((of.lastMs - of.firstMs) / 60_000 + 1) : null

function itemOf(known: KnownService, around: Around): ServiceItem {
  const key = keyOf(known)
  const total = around.totals.get(key)?.get(0)
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
    requests_per_minute: perMinute(total),
    error_ratio: total?.error_ratio ?? null,
    latency_p50_ms: total?.latency_p50_ms ?? null,
    latency_p99_ms: total?.latency_p99_ms ?? null,
    version: deploy?.version || known.version,
    commit: deploy?.commit || known.commit,
    version_since: deploy?.started_at ?? null,
    deploy_id: deploy?.id ?? null,
    verdict,
    open_anomalies,
    last_seen_at: isoOrNull(known.lastMs),
    sparkline: sparkline(around.slots.get(key) ?? new Map(), around),
    deploys: (around.recent.get(key) ?? []).slice(0, 20).map((d) => ({
      id: d.id,
      started_at: d.started_at,
      version: d.version,
      verdict: around.words.get(d.id) ?? null,
    })),
  }
}

const worst: Health[] = ['regressed', 'watching', 'too_little_data', 'new', 'ok', 'idle']

export const servicesRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/services',
    scope: 'read',
    tag: 'services',
    summary:
      'Every service of the last week, the worst first: health, version, figures of the last hour, course of the last three; with from and to both of that span',
    query: z.strictObject({ environment: name.optional(), ...range }),
    csv: true,
    answers: ok(serviceList),
    handle: async ({ query }, api) => {
      const asked = spanOf(query, api.clock.nowMs(), SHOWN_MS)
      const span = { fromMs: Math.floor(asked.fromMs / 60_000) * 60_000, toMs: asked.toMs }
      const known = await knownServices(api.store, {
        environment: query.environment,
        toMs: span.toMs,
        limit: MAX_SERVICES,
      })
      const around = await readAround(
        api,
        query.environment,
        span,
        query.from === undefined ? HOUR_MS : span.toMs - span.fromMs,
      )
      const items = known.map((service) => itemOf(service, around))
      items.sort((a, b) => worst.indexOf(a.health) - worst.indexOf(b.health) || (a.service < b.service ? -1 : 1))
      return { body: { items, next: null } }
    },
  }),
]
