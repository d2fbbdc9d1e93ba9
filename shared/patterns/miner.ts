import {
  absorb,
  areValues,
  type Cluster,
  columnsApart,
  differOnlyInNames,
  fixedWords,
  maxAliasesPerCluster,
  newCluster,
  remember,
} from './cluster.ts'
import { scan } from './scan.ts'
import { clustersOf, decode, encode, type State } from './snapshot.ts'

export type Observed = {
  /** Decimal 64-bit id. Equal lines keep their id; a line whose pattern was merged later is found by `resolve`. */
  id: string
  template: string
  /** This line is the first of its pattern. */
  isNew: boolean
}

export type Pattern = {
  id: string
  template: string
  count: number
  firstLine: number
  lastLine: number
  aliases: readonly string[]
}

export type PatternMiner = {
  observe(body: string): Observed
  /** The id that stands today for an id handed out earlier; the same id if it was never merged. */
  resolve(id: string): string
  /** Ids that were merged into the pattern of this one; empty where there are none, or the id is unknown. */
  aliasesOf(id: string): readonly string[]
  /** All patterns, the oldest first. */
  patterns(): Pattern[]
  /** Everything needed to go on as if nothing had happened; see `restorePatternMiner`. */
  snapshot(): string
}

/** Of a group only those matched last are compared with an unknown line, so that one line costs a bounded amount of work. */
const maxCompared = 128
/** Names may differ in so many places of one line at once. */
const maxApart = 4

/**
 * Finds the patterns in a stream of log lines of one service. A line is masked by rules that know no log format (numbers, addresses,
 * paths, durations …); an unknown masked line founds a pattern, or joins one that differs from it in names only. A place where
 * six different words have been seen becomes a variable, and the patterns that it divided become one, under the oldest id.
 *
 * Memory is bounded: past `maxPatterns` the eighth seen least recently is forgotten. The same lines give the same answers.
 */
export function createPatternMiner({ maxPatterns }: { maxPatterns: number }): PatternMiner {
  if (!Number.isSafeInteger(maxPatterns) || maxPatterns < 1)
    throw new Error(`cannot create pattern miner: maxPatterns is ${maxPatterns}, give a whole number above 0`)
  return minerOf({ maxPatterns, lines: 0, clusters: 0, byKey: new Map(), byId: new Map(), groups: new Map() })
}

/** A miner that goes on where `snapshot` was taken. Throws on text that is not a snapshot of this version. */
export function restorePatternMiner(snapshot: string): PatternMiner {
  return minerOf(decode(snapshot))
}

function minerOf(state: State): PatternMiner {
  return {
    observe: (body) => observe(state, body),
    resolve: (id) => state.byId.get(id)?.id ?? id,
    aliasesOf: (id) => state.byId.get(id)?.aliases ?? [],
    patterns: () => patternsOf(state),
    snapshot: () => encode(state),
  }
}

function observe(state: State, body: string): Observed {
  state.lines++
  const scanned = scan(body)
  const key = scanned.text.join('')
  let cluster = state.byKey.get(key)
  let isNew = false
  if (cluster === undefined) {
    const fresh = newCluster(scanned, key, state.lines)
    cluster = place(state, fresh)
    isNew = cluster === fresh
  }
  cluster.count++
  cluster.seen = state.lines
  const observed = { id: cluster.id, template: cluster.template, isNew }
  if (isNew && state.clusters > state.maxPatterns) forgetOldest(state)
  return observed
}

/** Finds the pattern that `fresh` belongs to, or makes it one. */
function place(state: State, fresh: Cluster): Cluster {
  const known = state.byId.get(fresh.id)
  if (known !== undefined) {
    learn(state, known, fresh.keys[0]!)
    return known
  }
  const group = state.groups.get(fresh.skeleton) ?? []
  if (group.length === 0) state.groups.set(fresh.skeleton, group)
  for (let i = group.length - 1; i >= Math.max(0, group.length - maxCompared); i--) {
    if (columnsApart(group[i]!, fresh, 0) === null) continue
    const fit = group.splice(i, 1)[0]!
    group.push(fit)
    learn(state, fit, fresh.keys[0]!)
    return fit
  }
  group.push(fresh)
  state.byKey.set(fresh.keys[0]!, fresh)
  state.byId.set(fresh.id, fresh)
  state.clusters++
  return settle(state, fresh, group)
}

function learn(state: State, cluster: Cluster, key: string): void {
  state.byKey.set(key, cluster)
  const dropped = remember(cluster, key)
  if (dropped !== undefined) state.byKey.delete(dropped)
}

type Near = { cluster: Cluster; apart: number[] }

/** Merges `cluster` with what it turns out to be the same as, until nothing more merges. Returns the pattern it ended in. */
function settle(state: State, cluster: Cluster, group: Cluster[]): Cluster {
  let current = cluster
  for (;;) {
    const near = neighbours(current, group)
    const same = findSame(current, near)
    if (same === null) return current
    const all = [...same.clusters, current].sort((a, b) => a.born - b.born)
    current = all[0]!
    for (const other of all.slice(1)) merge(state, current, other, same.apart, group)
    if (same.apart.length === 0) return current
  }
}

function neighbours(cluster: Cluster, group: readonly Cluster[]): Near[] {
  const near: Near[] = []
  const most = Math.min(maxApart, Math.max(1, Math.floor(fixedWords(cluster) / 2)))
  for (let i = group.length - 1; i >= Math.max(0, group.length - maxCompared); i--) {
    const other = group[i]!
    if (other === cluster) continue
    const apart = columnsApart(cluster, other, most)
    if (apart !== null) near.push({ cluster: other, apart })
  }
  return near
}

function findSame(cluster: Cluster, near: readonly Near[]): { clusters: Cluster[]; apart: number[] } | null {
  const fixed = fixedWords(cluster)
  const places = new Map<string, number[]>()
  for (const n of near) {
    if (n.apart.length === 0) return { clusters: [n.cluster], apart: [] }
    if (fixed > n.apart.length && differOnlyInNames(cluster, n.cluster, n.apart))
      return { clusters: [n.cluster], apart: n.apart }
    if (n.apart.length <= 2) places.set(n.apart.join(), n.apart)
  }
  for (const apart of places.values()) {
    const alike = near.filter((n) => n.apart.every((i) => apart.includes(i))).map((n) => n.cluster)
    if (areValues([cluster, ...alike], apart)) return { clusters: alike, apart }
  }
  return null
}

function merge(state: State, into: Cluster, from: Cluster, apart: readonly number[], group: Cluster[]): void {
  for (const key of absorb(into, from, apart)) learn(state, into, key)
  for (const id of [from.id, ...from.aliases]) state.byId.set(id, into)
  while (into.aliases.length > maxAliasesPerCluster) state.byId.delete(into.aliases.shift()!)
  group.splice(group.indexOf(from), 1)
  state.clusters--
}

function forgetOldest(state: State): void {
  const oldest = clustersOf(state).sort((a, b) => a.seen - b.seen)
  for (const cluster of oldest.slice(0, Math.max(1, state.maxPatterns >> 3))) {
    for (const key of cluster.keys) state.byKey.delete(key)
    for (const id of [cluster.id, ...cluster.aliases]) state.byId.delete(id)
    const group = state.groups.get(cluster.skeleton)!
    group.splice(group.indexOf(cluster), 1)
    if (group.length === 0) state.groups.delete(cluster.skeleton)
    state.clusters--
  }
}

function patternsOf(state: State): Pattern[] {
  return clustersOf(state)
    .sort((a, b) => a.born - b.born)
    .map((c) => ({
      id: c.id,
      template: c.template,
      count: c.count,
      firstLine: c.born,
      lastLine: c.seen,
      aliases: [...c.aliases],
    }))
}
