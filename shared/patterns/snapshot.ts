import type { Cluster } from './cluster.ts'

/** What a miner knows. */
export type State = {
  maxPatterns: number
  lines: number
  clusters: number
  /** Masked lines seen before. */
  byKey: Map<string, Cluster>
  /** Ids and aliases. */
  byId: Map<string, Cluster>
  /** By skeleton; in each group the one matched last is last. */
  groups: Map<string, Cluster[]>
}

const version = 1

export const clustersOf = (state: State): Cluster[] => [...state.groups.values()].flat()

/** JSON text of all that a miner knows. Order matters: groups and their members come back as they were. */
export function encode(state: State): string {
  return JSON.stringify({ version, maxPatterns: state.maxPatterns, lines: state.lines, clusters: clustersOf(state) })
}

/** The inverse of `encode`. Throws if the text is something else. */
export function decode(text: string): State {
  const read = parse(text)
  const state: State = {
    maxPatterns: read.maxPatterns,
    lines: read.lines,
    clusters: read.clusters.length,
    byKey: new Map(),
    byId: new Map(),
    groups: new Map(),
  }
  for (const cluster of read.clusters) {
    for (const key of cluster.keys) state.byKey.set(key, cluster)
    for (const id of [cluster.id, ...cluster.aliases]) state.byId.set(id, cluster)
    const group = state.groups.get(cluster.skeleton)
    if (group === undefined) state.groups.set(cluster.skeleton, [cluster])
    else group.push(cluster)
  }
  return state
}

type Snapshot = { maxPatterns: number; lines: number; clusters: Cluster[] }

function parse(text: string): Snapshot {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('cannot restore pattern miner: the snapshot is not JSON; start with an empty miner')
  }
  if (!isSnapshot(value))
    throw new Error(`cannot restore pattern miner: not a snapshot of version ${version}; start with an empty miner`)
  return value
}

function isSnapshot(value: unknown): value is Snapshot {
  if (typeof value !== 'object' || value === null) return false
  const { version: found, maxPatterns, lines, clusters } = value as Record<string, unknown>
  return (
    found === version && isCount(maxPatterns) && isCount(lines) && Array.isArray(clusters) && clusters.every(isCluster)
  )
}

const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0
const isTexts = (x: unknown): x is string[] => Array.isArray(x) && x.every((s) => typeof s === 'string')

function isCluster(value: unknown): value is Cluster {
  if (typeof value !== 'object' || value === null) return false
  const c = value as Record<keyof Cluster, unknown>
  return (
    [c.id, c.template, c.skeleton].every((s) => typeof s === 'string') &&
    [c.count, c.born, c.seen].every(isCount) &&
    [c.text, c.keys, c.aliases].every(isTexts) &&
    Array.isArray(c.columns) &&
    c.columns.every((at) => isCount(at) && at < (c.text as string[]).length) &&
    Array.isArray(c.open) &&
    c.open.length === c.columns.length &&
    c.open.every((o) => typeof o === 'boolean')
  )
}
