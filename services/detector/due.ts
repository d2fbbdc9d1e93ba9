import type { Deploy } from '../../shared/model/deploy.ts'
import { deploysChangedSince, listDeploys } from '../../shared/state/deploys.ts'
import { anomaliesToFollow } from '../../shared/store/anomalies.ts'
import { getVerdicts } from '../../shared/store/verdicts.ts'
import type { Changes } from './changes.ts'
import { pairOf } from './clocks.ts'
import type { Deps, Memory, Watched } from './memory.ts'
import { spanOf } from './window/cache.ts'

/** Deploys of one service that one pass looks at. */
const MAX_DEPLOYS = 100
/** Deploys that one pass looks at; the others come with the next. */
const MAX_LOOKS = 300
/** On start: deploys changed this long ago may still lack a final verdict. */
const RESUME_MS = 2 * 86_400_000

const MAX_TOLD = 20_000

export type Due = { watched: Watched; closedMinute: number; quiet: boolean; othersAlive: boolean }

/** Takes up deploys whose minutes changed, or which nobody judged before a restart. */
export async function takeUp(deps: Deps, memory: Memory, changes: Changes, nowMs: number): Promise<void> {
  const watch = deps.config.watchMinutes
  const found = new Map<string, Deploy>()
  if (memory.cursorMs === null) await resume(deps, memory, nowMs)
  for (const { service, environment, minutes } of changes.byPair.values()) {
    const [first, last] = [Math.min(...minutes), Math.max(...minutes)]
    const { items } = await listDeploys(deps.state, {
      service,
      environment,
      fromMs: (first - watch - 15) * 60_000,
      toMs: (last + 361) * 60_000,
      limit: MAX_DEPLOYS,
    })
    for (const d of items) {
      const { from, to } = spanOf(d, watch)
      if (minutes.some((m) => m >= from && m < to)) found.set(d.id, d)
    }
  }
  // Announced since the last pass: perhaps nothing of their service has changed.
  const told = await deploysChangedSince(deps.state, memory.toldToMs || nowMs, 1000)
  memory.toldToMs = Date.parse(told.at(-1)?.updated_at ?? '') || memory.toldToMs || nowMs
  for (const d of told) {
    const recent = nowMs - Date.parse(d.started_at) < (watch + 15) * 60_000
    if (recent || toldOf(d) !== memory.told.get(d.id)) found.set(d.id, d)
    memory.told.set(d.id, toldOf(d))
  }
  if (memory.told.size > MAX_TOLD) memory.told.clear()
  await watchAll(deps, memory, [...found.values()])
}

/** What a verdict takes from a deploy; that it was seen again a minute later is no reason to judge it again. */
const toldOf = (d: Deploy): string =>
  JSON.stringify([d.version, d.commit, d.commits, d.kind, d.started_at, d.first_seen_at, d.previous_version])

/** After a start: what was not final before it is looked at again. */
async function resume(deps: Deps, memory: Memory, nowMs: number): Promise<void> {
  const deploys = await deploysChangedSince(deps.state, nowMs - RESUME_MS, 5000)
  for (const d of deploys) {
    if (d.last_seen_at === null) continue
    const arrivedMs = Date.parse(d.last_seen_at)
    if (!memory.clocks.get(pairOf(d.service, d.environment)))
      memory.clocks.arrived(d.service, d.environment, [Math.floor(arrivedMs / 60_000)], { arrivedMs, nowMs })
  }
  await watchAll(deps, memory, deploys)
  for (const [id, w] of memory.watched) if (w.verdict?.final) memory.watched.delete(id)
}

async function watchAll(deps: Deps, memory: Memory, deploys: readonly Deploy[]): Promise<void> {
  const fresh = deploys.filter((d) => !memory.watched.has(d.id))
  for (const d of deploys) {
    const known = memory.watched.get(d.id)
    if (known) Object.assign(known, { deploy: d, dirty: true })
  }
  for (let i = 0; i < fresh.length; i += 500) {
    const page = fresh.slice(i, i + 500)
    const ids = page.map((d) => d.id)
    const verdicts = await getVerdicts(deps.store, ids)
    const anomalies = await anomaliesToFollow(deps.store, ids)
    for (const d of page)
      memory.watched.set(d.id, {
        deploy: d,
        verdict: verdicts.get(d.id) ?? null,
        anomalies: new Map(anomalies.filter((a) => a.deploy?.id === d.id).map((a) => [a.id, a])),
        looked: '',
        seasonal: null,
        maskedBefore: new Map(),
        dirty: true,
      })
  }
}

/** The deploys to look at now: something of them changed, another minute closed, or their service fell quiet. Newest first, so many a pass. */
export function dueOf(memory: Memory, nowMs: number, watchMinutes: number): Due[] {
  const due: Due[] = []
  const newestFirst = [...memory.watched.values()].sort((a, b) => (a.deploy.started_at < b.deploy.started_at ? 1 : -1))
  for (const watched of newestFirst) {
    if (due.length >= MAX_LOOKS) break
    const { deploy } = watched
    const pair = pairOf(deploy.service, deploy.environment)
    if (memory.clocks.importing(pair, nowMs)) continue
    const start = Math.floor(Date.parse(deploy.started_at) / 60_000)
    const behind = nowMs / 60_000 - start < watchMinutes + 15 ? memory.clocks.behind(pair, nowMs) : null
    const closedMinute = behind ?? memory.clocks.closedMinute(pair, nowMs) ?? Math.floor(nowMs / 60_000) - 1
    const quiet = memory.clocks.quiet(pair, nowMs)
    const looked = `${Math.min(closedMinute, start + watchMinutes)} ${quiet}`
    if (!watched.dirty && (watched.looked === looked || watched.verdict?.final)) continue
    watched.looked = looked
    watched.dirty = false
    due.push({ watched, closedMinute, quiet, othersAlive: behind !== null })
  }
  return due
}
