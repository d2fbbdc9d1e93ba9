import { addBuckets, type BucketColumns, type Buckets } from './buckets.ts'
import { listPatterns, type PatternRow } from './log-patterns.ts'
import {
  dependenciesOf,
  exceptionsOf,
  fence,
  type MetricFigures,
  metricsOf,
  routesOf,
  type Scope,
} from './service-detail.ts'
import type { Figures } from './services.ts'
import type { Store } from './store.ts'

export type SideSlot = { requests: number; errors: number; buckets: Buckets; logErrors: number }

/** What one deploy did in a window: in all, per step since its start, and by each thing it touched. */
export type Side = {
  total: SideSlot
  slots: Map<number, SideSlot>
  instances: number
  routes: (Figures & { route: string })[]
  dependencies: (Figures & { peer: string })[]
  exceptions: { type: string; count: number }[]
  patterns: PatternRow[]
  metrics: MetricFigures[]
}

const emptySlot = (): SideSlot => ({ requests: 0, errors: 0, buckets: new Map(), logErrors: 0 })

async function readSlots(store: Store, scope: Scope, stepS: number): Promise<Map<number, SideSlot>> {
  const { where, params } = fence(scope)
  const slot = 'intDiv(toUnixTimestamp(minute) - {from:UInt32}, {step:UInt32}) AS slot'
  const requests = await store.rows<{ slot: string; requests: string; errors: string; buckets: BucketColumns }>(
    `SELECT ${slot}, sum(requests) AS requests, sum(errors) AS errors, sumMap(bucket_index, bucket_count) AS buckets
     FROM rollup_services FINAL WHERE ${where} GROUP BY slot LIMIT 5000`,
    { ...params, step: stepS },
  )
  const logs = await store.rows<{ slot: string; n: string }>(
    `SELECT ${slot}, sum(count) AS n FROM rollup_logs FINAL WHERE ${where} AND severity IN ('error', 'fatal') GROUP BY slot LIMIT 5000`,
    { ...params, step: stepS },
  )
  const slots = new Map<number, SideSlot>()
  for (const row of requests)
    slots.set(Number(row.slot), {
      requests: Number(row.requests),
      errors: Number(row.errors),
      buckets: addBuckets(new Map(), row.buckets),
      logErrors: 0,
    })
  for (const row of logs) {
    const at = slots.get(Number(row.slot)) ?? emptySlot()
    slots.set(Number(row.slot), { ...at, logErrors: Number(row.n) })
  }
  return slots
}

function totalOf(slots: Map<number, SideSlot>): SideSlot {
  const total = emptySlot()
  for (const slot of slots.values()) {
    total.requests += slot.requests
    total.errors += slot.errors
    total.logErrors += slot.logErrors
    addBuckets(total.buckets, [[...slot.buckets.keys()], [...slot.buckets.values()]])
  }
  return total
}

async function countInstances(store: Store, scope: Scope): Promise<number> {
  const { where, params } = fence(scope)
  const rows = await store.rows<{ n: string }>(
    `SELECT uniqExact(instance) AS n FROM rollup_instances FINAL WHERE ${where} AND requests > 0`,
    params,
  )
  return Number(rows[0]?.n ?? 0)
}

/** Requests in the scope, of its build where it names one. */
export async function countRequests(store: Store, scope: Scope): Promise<number> {
  const { where, params } = fence(scope)
  const rows = await store.rows<{ n: string }>(
    `SELECT sum(requests) AS n FROM rollup_services FINAL WHERE ${where}`,
    params,
  )
  return Number(rows[0]?.n ?? 0)
}

/** Reads one side of a comparison. */
export async function readSide(store: Store, o: Scope & { stepS: number }): Promise<Side> {
  const [slots, instances, routes, dependencies, exceptions, patterns, metrics] = await Promise.all([
    readSlots(store, o, o.stepS),
    countInstances(store, o),
    routesOf(store, o, 200),
    dependenciesOf(store, o, 100),
    exceptionsOf(store, o, 100),
    listPatterns(store, { ...o, version: o.build?.version || undefined, limit: 100 }),
    metricsOf(store, o, 500),
  ])
  return { total: totalOf(slots), slots, instances, routes, dependencies, exceptions, patterns, metrics }
}
