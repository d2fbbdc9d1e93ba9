import {
  addRows,
  type CellRow,
  emptyWindow,
  type SeriesRow,
  type Window,
} from '../../services/detector/window/window.ts'
import type { Deploy } from '../../shared/model/deploy.ts'
import { bucketOf } from '../../shared/store/histogram.ts'
import { spansOf, type Traffic } from './telemetry.ts'

/** The rollups of generated traffic, made without the engine: for the pure part of the detector. */
export function windowOf(traffic: readonly Traffic[], fromMinute: number, toMinute: number): Window {
  const { service, environment } = traffic[0]!
  const window = emptyWindow({ service, environment: environment ?? 'production' }, fromMinute, toMinute)
  const rows = {
    route: new Map<string, SeriesRow>(),
    edge: new Map<string, SeriesRow>(),
    exception: new Map<string, SeriesRow>(),
  }
  const cells = new Map<string, { cell: CellRow; buckets: Map<number, number> }>()
  for (const t of traffic) {
    for (const span of spansOf(t)) {
      const minute = Math.floor(Number(BigInt(span.Timestamp as string) / 60_000_000_000n))
      const kind = span.IsEntry ? 'route' : 'edge'
      add(kind, t, String(span.IsEntry ? span.Route : span.Peer), minute, Number(span.Failed), Number(span.Duration))
      if (span.ExceptionType) add('exception', t, String(span.ExceptionType), minute, 0, 0)
    }
  }
  function add(kind: keyof typeof rows, t: Traffic, key: string, minute: number, bad: number, ns: number): void {
    const id = `${t.version}\n${t.commit ?? ''}\n${key}`
    let row = rows[kind].get(id)
    if (!row) {
      row = { service, environment: window.environment, version: t.version, commit: t.commit ?? '', key, cells: [] }
      rows[kind].set(id, row)
    }
    const at = `${kind}\n${id}\n${minute}`
    let entry = cells.get(at)
    if (!entry) {
      entry = { cell: [minute, 0, 0, 0], buckets: new Map() }
      cells.set(at, entry)
      row.cells.push(entry.cell)
    }
    entry.cell[1] += 1
    entry.cell[2] += bad
    entry.cell[3] += ns / 1e6
    if (kind !== 'exception') entry.buckets.set(bucketOf(ns), (entry.buckets.get(bucketOf(ns)) ?? 0) + 1)
  }
  for (const { cell, buckets } of cells.values()) {
    if (buckets.size === 0) continue
    cell[4] = [...buckets.keys()]
    cell[5] = [...buckets.values()]
  }
  for (const kind of ['route', 'edge', 'exception'] as const) addRows(window, kind, rows[kind].values())
  return window
}

/** A deploy of a version, as telemetry shows it. */
export function deployOf(t: Traffic, more: Partial<Deploy> = {}): Deploy {
  const at = new Date(t.fromMs).toISOString()
  return {
    id: `d_${t.service}_${t.version}`,
    service: t.service,
    environment: t.environment ?? 'production',
    version: t.version,
    commit: t.commit ?? '',
    base_commit: null,
    commits: [],
    repository: null,
    kind: 'deploy',
    sources: ['telemetry'],
    started_at: at,
    finished_at: null,
    first_seen_at: at,
    last_seen_at: at,
    previous_id: null,
    previous_version: 'v1',
    url: null,
    actor: null,
    attributes: {},
    created_at: at,
    updated_at: at,
    ...more,
  }
}
