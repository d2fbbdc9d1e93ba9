import type { Anomaly } from '../model/anomaly.ts'
import type { Params, Store } from './store.ts'

export type AnomalyFilter = {
  service?: string | undefined
  environment?: string | undefined
  deploy?: string | undefined
  /** Whole or abbreviated. */
  commit?: string | undefined
  signal?: string | undefined
  state?: 'open' | 'closed' | undefined
  harmful?: boolean | undefined
  /** Anomalies that lasted into this span: not over before `fromMs`, begun before `toMs`. */
  fromMs?: number | undefined
  toMs?: number | undefined
}

type Row = { document: string; updated_ms: string; started_ms: string; id: string }

/** Replaces these anomalies. Two writers, or one writer twice, leave the same rows: ids are deterministic. */
export async function writeAnomalies(store: Store, anomalies: readonly Anomaly[]): Promise<void> {
  await store.insert(
    'anomalies',
    anomalies.map((a) => ({
      id: a.id,
      service: a.service,
      environment: a.environment,
      deploy_id: a.deploy?.id ?? '',
      commit: a.deploy?.commit ?? '',
      signal: a.signal,
      dimension: a.dimension,
      direction: a.direction,
      harmful: a.harmful ? 1 : 0,
      state: a.state,
      started_at: Date.parse(a.started_at),
      ended_at: a.ended_at === null ? null : Date.parse(a.ended_at),
      score: a.score,
      updated_at: Date.parse(a.updated_at),
      document: JSON.stringify(a),
    })),
  )
}

export async function getAnomaly(store: Store, id: string): Promise<Anomaly | null> {
  const rows = await store.rows<Row>('SELECT document FROM anomalies FINAL WHERE id = {id:String} LIMIT 1', { id })
  return rows[0] ? (JSON.parse(rows[0].document) as Anomaly) : null
}

/** Anomalies, newest first. `next` is the cursor of the following page, or null. */
export async function listAnomalies(
  store: Store,
  filter: AnomalyFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Anomaly[]; next: string | null }> {
  const { where, params } = conditions(filter)
  if (page.cursor !== undefined) {
    const [atMs, id] = readCursor(page.cursor, LIST)
    where.push('(started_at, id) < (fromUnixTimestamp64Milli({cursor_ms:Int64}), {cursor_id:String})')
    Object.assign(params, { cursor_ms: atMs, cursor_id: id })
  }
  const limit = Math.min(1000, Math.max(1, Math.trunc(page.limit)))
  const rows = await store.rows<Row>(
    `SELECT document, id, toUnixTimestamp64Milli(started_at) AS started_ms FROM anomalies FINAL
     ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY started_at DESC, id DESC LIMIT {limit:UInt32}`,
    { ...params, limit: limit + 1 },
  )
  const last = rows[limit - 1]
  return {
    items: rows.slice(0, limit).map((row) => JSON.parse(row.document) as Anomaly),
    next: rows.length > limit && last ? writeCursor(LIST, Number(last.started_ms), last.id) : null,
  }
}

/**
 * Anomalies written after `cursor` (null: from the beginning), in the order of writing, each in its latest form. `next` is
 * the cursor to go on from; it equals `cursor` where nothing changed. For alerting.
 */
export async function changedSince(
  store: Store,
  cursor: string | null,
  limit = 500,
): Promise<{ items: Anomaly[]; next: string | null }> {
  const [atMs, id] = cursor === null ? [0, ''] : readCursor(cursor)
  const rows = await store.rows<Row>(
    `SELECT document, id, toUnixTimestamp64Milli(updated_at) AS updated_ms FROM anomalies FINAL
     WHERE (updated_at, id) > (fromUnixTimestamp64Milli({at:Int64}), {id:String}) ORDER BY updated_at, id LIMIT {limit:UInt32}`,
    { at: atMs, id, limit },
  )
  const last = rows.at(-1)
  return {
    items: rows.map((row) => JSON.parse(row.document) as Anomaly),
    next: last ? writeCursor(Number(last.updated_ms), last.id) : cursor,
  }
}

function conditions(f: AnomalyFilter): { where: string[]; params: Record<string, NonNullable<Params[string]>> } {
  const where: string[] = []
  const params: Record<string, NonNullable<Params[string]>> = {}
  const add = (sql: string, name: string, value: string | number | undefined) => {
    if (value === undefined) return
    where.push(sql)
    params[name] = value
  }
  add('service = {service:String}', 'service', f.service)
  add('environment = {environment:String}', 'environment', f.environment)
  add('deploy_id = {deploy:String}', 'deploy', f.deploy)
  add(
    '(startsWith(lower(commit), {commit:String}) OR (length(commit) >= 7 AND startsWith({commit:String}, lower(commit))))',
    'commit',
    f.commit?.toLowerCase(),
  )
  add('signal = {signal:String}', 'signal', f.signal)
  add('state = {state:String}', 'state', f.state)
  add('harmful = {harmful:UInt8}', 'harmful', f.harmful === undefined ? undefined : f.harmful ? 1 : 0)
  add('(ended_at IS NULL OR ended_at >= fromUnixTimestamp64Milli({from_ms:Int64}))', 'from_ms', f.fromMs)
  add('started_at < fromUnixTimestamp64Milli({to_ms:Int64})', 'to_ms', f.toMs)
  return { where, params }
}

/** Where a list goes on. It names the list: in another one it would skip what is newer, and say nothing. */
const LIST = 'anomalies'

/** `changedSince` keeps its place in the state, without a name. */
const writeCursor = (...place: [atMs: number, id: string] | [list: string, atMs: number, id: string]) =>
  Buffer.from(JSON.stringify(place)).toString('base64url')

function readCursor(cursor: string, list?: string): [number, string] {
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    const [atMs, id] = list === undefined ? parts : parts[0] === list ? parts.slice(1) : []
    if (typeof atMs === 'number' && typeof id === 'string') return [atMs, id]
  } catch {}
  throw new Error('cannot read cursor: it is not one that this list gave out. Start without a cursor')
}

export type AnomalySpan = { service: string; environment: string; deploy_id: string; from_ms: number; to_ms: number }

/** When services were anomalous in a span: minutes that are no part of a baseline. Open anomalies last until `toMs`. Climbs over hours are left out: what follows is held against their level. */
export async function anomalySpans(
  store: Store,
  o: { services: readonly string[]; fromMs: number; toMs: number },
): Promise<AnomalySpan[]> {
  if (o.services.length === 0) return []
  const rows = await store.rows<AnomalySpan>(
    `SELECT service, environment, deploy_id, toFloat64(toUnixTimestamp64Milli(started_at)) AS from_ms,
       if(ended_at IS NULL, {to_ms:Float64}, toFloat64(toUnixTimestamp64Milli(assumeNotNull(ended_at)))) AS to_ms
     FROM anomalies FINAL WHERE service IN {services:Array(String)} AND harmful = 1 AND JSONExtractString(document, 'evidence', 'finding', 'method') != 'climb' AND started_at < fromUnixTimestamp64Milli({to_i:Int64})
     AND (ended_at IS NULL OR ended_at > fromUnixTimestamp64Milli({from_i:Int64})) ORDER BY started_at DESC LIMIT 20000`,
    { services: [...o.services], to_ms: o.toMs, to_i: Math.round(o.toMs), from_i: Math.round(o.fromMs) },
  )
  return rows
}

/** Anomalies of these deploys, and all that are open. */
export async function anomaliesToFollow(store: Store, deployIds: readonly string[]): Promise<Anomaly[]> {
  const rows = await store.rows<Row>(
    `SELECT document FROM anomalies FINAL WHERE state = 'open' OR (deploy_id != '' AND deploy_id IN {ids:Array(String)}) ORDER BY started_at DESC LIMIT 20000`,
    { ids: [...deployIds] },
  )
  return rows.map((row) => JSON.parse(row.document) as Anomaly)
}
