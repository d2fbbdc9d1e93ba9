import { createHash } from 'node:crypto'
import { buildName, type Deploy } from '../model/deploy.ts'
import {
  changesBuild,
  type DeployEventInput,
  type DeploySource,
  findMatch,
  iso,
  MERGE_WINDOW_MS,
  mergeEvent,
  mergeSighting,
  ms,
  type Sighting,
  sameBuild,
} from './deploy-merge.ts'
import { type Conditions, equal, type Paged, pageOf } from './page.ts'
import type { State, Tx, Value } from './state.ts'

export type { DeployEventInput, DeploySource, Sighting }

export type DeployFilter = {
  service?: string | undefined
  environment?: string | undefined
  /** Whole or abbreviated, at least 7 characters. */
  commit?: string | undefined
  /** Its own, or one that it was told of by: builds are told apart by commit where both name one. */
  version?: string | undefined
  /** Bounds on `started_at`, from inclusive, to exclusive. */
  fromMs?: number | undefined
  toMs?: number | undefined
  limit: number
  cursor?: string | undefined
}

type Row = { document: string }
const read = (row: Row): Deploy => JSON.parse(row.document) as Deploy
const hash = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)

/**
 * Takes a deploy that somebody announced. The same event again, or one of the same build within an hour of what telemetry
 * or another source told, is the same deploy.
 * @throws Error when `started_at` is no time
 */
export function recordDeployEvent(
  state: State,
  input: DeployEventInput,
  source: DeploySource,
  nowMs: number,
): Promise<{ deploy: Deploy; created: boolean }> {
  const atMs = ms(input.started_at)
  if (Number.isNaN(atMs)) throw new Error(`cannot record deploy: started_at "${input.started_at}" is no ISO 8601 time`)
  const told = { version: input.version ?? '', commit: input.commit ?? '' }
  const kind = input.kind ?? 'deploy'
  const eventKey = input.event_id
    ? hash(source, input.event_id)
    : hash('event', input.service, input.environment, told.version, told.commit, kind, iso(atMs))
  return state.transaction(async (tx) => {
    const known = await tx.get<Row>(
      'SELECT document FROM deploys WHERE id = (SELECT deploy_id FROM deploy_events WHERE event_key = ?)',
      eventKey,
    )
    const near = known || !changesBuild(kind) ? [] : await nearby(tx, input.service, input.environment, atMs)
    const match = known ? read(known) : findMatch(near, told, atMs)
    const deploy = match
      ? mergeEvent(match, input, source, nowMs)
      : mergeEvent(empty(`d_${eventKey}`, input, told, atMs, nowMs), input, source, nowMs)
    const stored = await save(tx, deploy, match)
    if (!known)
      await tx.run(
        'INSERT INTO deploy_events (event_key, deploy_id, received_at_ms, version) VALUES (?, ?, ?, ?)',
        eventKey,
        deploy.id,
        nowMs,
        told.version,
      )
    return { deploy: stored, created: !match }
  })
}

/**
 * Takes a version that telemetry showed. Merges with an announcement of the same build within an hour.
 * The id is of service, environment, build and first minute, so that a second detector writes the same row.
 */
export function recordSighting(
  state: State,
  seen: Sighting,
  nowMs: number,
): Promise<{ deploy: Deploy; created: boolean }> {
  return state.transaction(async (tx) => {
    const near = await nearby(tx, seen.service, seen.environment, seen.firstSeenMs)
    const match = findMatch(near, seen, seen.firstSeenMs) ?? (await seenLater(tx, seen))
    if (match) return { deploy: await save(tx, mergeSighting(match, seen, nowMs), match), created: false }
    const id = `d_${hash('seen', seen.service, seen.environment, seen.version, seen.commit, iso(seen.firstSeenMs))}`
    const fresh = empty(id, seen, seen, seen.firstSeenMs, nowMs)
    const deploy = mergeSighting({ ...fresh, kind: seen.kind, sources: ['telemetry'] }, seen, nowMs)
    return { deploy: await save(tx, deploy, undefined), created: true }
  })
}

/** Late telemetry of a version whose first sight came later: the same deploy began earlier. */
async function seenLater(tx: Tx, seen: Sighting): Promise<Deploy | undefined> {
  if (seen.kind !== 'deploy') return undefined
  const row = await tx.get<Row>(
    'SELECT document FROM deploys WHERE service = ? AND environment = ? AND started_at_ms > ? ORDER BY started_at_ms, id LIMIT 1',
    seen.service,
    seen.environment,
    seen.firstSeenMs,
  )
  const next = row ? read(row) : undefined
  return next && sameBuild(next, seen) && next.sources.every((s) => s === 'telemetry') ? next : undefined
}

/** Notes until when telemetry of a deploy's version was seen. */
export function recordSeen(
  state: State,
  id: string,
  seen: { firstSeenMs: number; lastSeenMs: number },
  nowMs: number,
): Promise<Deploy | null> {
  return state.transaction(async (tx) => {
    const row = await tx.get<Row>('SELECT document FROM deploys WHERE id = ?', id)
    if (!row) return null
    const before = read(row)
    return save(tx, mergeSighting(before, seen, nowMs), before)
  })
}

export async function getDeploy(state: State, id: string): Promise<Deploy | null> {
  const row = await state.get<Row>('SELECT document FROM deploys WHERE id = ?', id)
  return row ? read(row) : null
}

/** Deploys, newest first. `next` is the cursor of the following page, or null. */
export async function listDeploys(state: State, filter: DeployFilter): Promise<Paged<Deploy>> {
  const where: Conditions = { sql: [], values: [] }
  const add = (sql: string, ...v: Value[]) => {
    where.sql.push(sql)
    where.values.push(...v)
  }
  equal(where, 'service', filter.service)
  equal(where, 'environment', filter.environment)
  if (filter.version !== undefined)
    add(
      '(version = ? OR id IN (SELECT deploy_id FROM deploy_events WHERE version = ?))',
      ...[filter.version, filter.version],
    )
  if (filter.commit !== undefined) add(...commitIs(filter.commit))
  if (filter.fromMs !== undefined) add('started_at_ms >= ?', filter.fromMs)
  if (filter.toMs !== undefined) add('started_at_ms < ?', filter.toMs)
  const table = { table: 'deploys', columns: 'id, document', timeColumn: 'started_at_ms' }
  const { items, next } = await pageOf<Row & { id: string }>(state, { ...table, where, page: filter })
  return { items: items.map(read), next }
}

/** The latest deploy of a build, by version or by commit (whole or abbreviated). */
export async function findDeploy(
  state: State,
  by: { service: string; environment?: string | undefined; version?: string | undefined; commit?: string | undefined },
): Promise<Deploy | null> {
  const page = await listDeploys(state, { ...by, limit: 1 })
  return page.items[0] ?? null
}

/** Deploys written after `afterMs`, in the order of writing: the `updated_at` of the last is where to go on. */
export async function deploysChangedSince(state: State, afterMs: number, limit = 1000): Promise<Deploy[]> {
  const rows = await state.all<Row>(
    'SELECT document FROM deploys WHERE updated_at_ms > ? ORDER BY updated_at_ms, id LIMIT ?',
    afterMs,
    limit,
  )
  return rows.map(read)
}

function commitIs(commit: string): [string, ...Value[]] {
  return [
    '(substr(lower(commit_sha), 1, ?) = ? OR (length(commit_sha) >= 7 AND substr(?, 1, length(commit_sha)) = lower(commit_sha)))',
    Math.max(7, commit.length),
    ...[commit.toLowerCase(), commit.toLowerCase()],
  ]
}

async function nearby(tx: Tx, service: string, environment: string, atMs: number): Promise<Deploy[]> {
  const rows = await tx.all<Row>(
    'SELECT document FROM deploys WHERE service = ? AND environment = ? AND started_at_ms BETWEEN ? AND ? ORDER BY started_at_ms, id LIMIT 1000',
    service,
    environment,
    atMs - MERGE_WINDOW_MS,
    atMs + MERGE_WINDOW_MS,
  )
  return rows.map(read)
}

/** Writes a deploy and keeps the chain of predecessors right: its own, and that of the one after it. */
async function save(tx: Tx, deploy: Deploy, before: Deploy | undefined): Promise<Deploy> {
  if (before === deploy) return deploy
  const moved = !before || before.started_at !== deploy.started_at || buildName(before) !== buildName(deploy)
  const linked = await put(tx, moved ? await link(tx, deploy) : deploy)
  if (!moved) return linked
  for (const follower of await followers(tx, linked)) {
    const relinked = await link(tx, follower)
    if (relinked.previous_id !== follower.previous_id || relinked.previous_version !== follower.previous_version)
      await put(tx, relinked)
  }
  return linked
}

/** Who points at this deploy, and who comes right after it. */
async function followers(tx: Tx, deploy: Deploy): Promise<Deploy[]> {
  const rows = await tx.all<Row>(
    'SELECT document FROM deploys WHERE service = ? AND environment = ? AND started_at_ms >= ? AND id <> ? ORDER BY started_at_ms, id LIMIT 3',
    deploy.service,
    deploy.environment,
    ms(deploy.started_at),
    deploy.id,
  )
  return rows.map(read)
}

async function link(tx: Tx, deploy: Deploy): Promise<Deploy> {
  const atMs = ms(deploy.started_at)
  const row = await tx.get<Row>(
    'SELECT document FROM deploys WHERE service = ? AND environment = ? AND (started_at_ms < ? OR (started_at_ms = ? AND id < ?)) AND id <> ? ORDER BY started_at_ms DESC, id DESC LIMIT 1',
    deploy.service,
    deploy.environment,
    atMs,
    atMs,
    deploy.id,
    deploy.id,
  )
  const previous = row ? read(row) : null
  return { ...deploy, previous_id: previous?.id ?? null, previous_version: previous && buildName(previous) }
}

/** Writes a deploy. `updated_at` is above all others, whichever clock it came from, so that who reads what was written since sees all. */
async function put(tx: Tx, deploy: Deploy): Promise<Deploy> {
  const row = await tx.get<{ newest: number | null }>('SELECT MAX(updated_at_ms) AS newest FROM deploys')
  const d = { ...deploy, updated_at: iso(Math.max(ms(deploy.updated_at), Number(row?.newest ?? 0) + 1)) }
  await tx.run(
    `INSERT INTO deploys (id, service, environment, version, commit_sha, started_at_ms, updated_at_ms, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, commit_sha = excluded.commit_sha, started_at_ms = excluded.started_at_ms, updated_at_ms = excluded.updated_at_ms, document = excluded.document`,
    d.id,
    d.service,
    d.environment,
    d.version,
    d.commit,
    ms(d.started_at),
    ms(d.updated_at),
    JSON.stringify(d),
  )
  return d
}

function empty(
  id: string,
  of: { service: string; environment: string },
  build: { version: string; commit: string },
  atMs: number,
  nowMs: number,
): Deploy {
  return {
    id,
    service: of.service,
    environment: of.environment,
    version: build.version,
    commit: build.commit,
    base_commit: null,
    commits: [],
    repository: null,
    kind: 'deploy',
    sources: [],
    started_at: iso(atMs),
    finished_at: null,
    first_seen_at: null,
    last_seen_at: null,
    previous_id: null,
    previous_version: null,
    url: null,
    actor: null,
    attributes: {},
    created_at: iso(nowMs),
    updated_at: iso(nowMs),
  }
}
