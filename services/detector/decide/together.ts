import { buildName, type Deploy } from '../../../shared/model/deploy.ts'
import type { Finding } from '../../../shared/model/verdict.ts'
import { changesBuild } from '../../../shared/state/deploy-merge.ts'
import { type Frame, partsOf } from './frame.ts'
import { pooled, sizeOfHistogram } from './latency.ts'
import { countGains, meanGains } from './onset.ts'

/** A deploy that another one of its service follows within this many minutes was not judged by itself: it takes five, after one to settle. */
export const TOGETHER_MINUTES = 6
/** Two deploys are told apart where the change begins this much more likely with one of them: odds of 20 to 1. */
const APART = Math.log(20)
/** Minutes after a deploy in which a change may show first. */
const SHOWS_MINUTES = 2

/**
 * Deploys of the same service that `deploy` followed so closely that they had no verdict of their own: they are judged with it. Oldest first.
 * None where it returns to what ran before them: what they did ended with it, and is theirs alone.
 */
export function togetherWith(deploy: Deploy, siblings: readonly Deploy[]): Deploy[] {
  const close = justBefore(deploy, siblings)
  return undoes(deploy, close) ? [] : close
}

/** Deploys minutes before this one that it took back: their minutes are no part of what it is compared with. */
export function undoneBy(deploy: Deploy, siblings: readonly Deploy[]): Deploy[] {
  const close = justBefore(deploy, siblings)
  return undoes(deploy, close) ? close : []
}

const undoes = (deploy: Deploy, close: readonly Deploy[]): boolean =>
  deploy.kind === 'rollback' || close.some((d) => d.previous_version === buildName(deploy))

function justBefore(deploy: Deploy, siblings: readonly Deploy[]): Deploy[] {
  if (!isBuilt(deploy)) return []
  const found: Deploy[] = []
  let first = deploy
  const earlier = siblings
    .filter((d) => d.id !== deploy.id && isBuilt(d) && d.started_at < deploy.started_at && !sameBuilt(d, deploy))
    .sort((a, b) => (a.started_at < b.started_at ? 1 : -1))
  for (const d of earlier) {
    if (minutesBetween(d, first) >= TOGETHER_MINUTES) break
    found.unshift(d)
    first = d
  }
  return found
}

/** The next deploy of the service, where it came too soon for a verdict on this one alone. */
export function soonAfter(deploy: Deploy, siblings: readonly Deploy[]): Deploy | null {
  const next = siblings
    .filter((d) => togetherWith(d, siblings).some((t) => t.id === deploy.id))
    .sort((a, b) => (a.started_at < b.started_at ? -1 : 1))
  return next[0] ?? null
}

const isBuilt = (d: Deploy): boolean => changesBuild(d.kind) && d.version + d.commit !== ''
const sameBuilt = (a: Deploy, b: Deploy): boolean => a.version === b.version && a.commit === b.commit
const minutesBetween = (a: Deploy, b: Deploy): number => (Date.parse(b.started_at) - Date.parse(a.started_at)) / 60_000

/**
 * Of the deploys that could have begun a finding, those that cannot be told apart by when it began, likeliest first: the gain in
 * likelihood of a change in the minutes after each. One where it clearly began with one of them.
 */
export function cannotTellApart(frame: Frame, f: Finding, deploys: readonly Deploy[]): Deploy[] {
  const gains = gainsOf(frame, f)
  if (!gains) return [...deploys]
  const scored = deploys.map((deploy) => {
    const at = Math.floor(Date.parse(deploy.started_at) / 60_000) - frame.window.fromMinute
    return { deploy, gain: Math.max(...gains.slice(Math.max(0, at), at + SHOWS_MINUTES + 1), 0) }
  })
  scored.sort((a, b) => b.gain - a.gain)
  // At least the first stays: of latencies that never vary the gain is so large that nothing can be taken from it.
  return scored.filter((s) => s.gain >= scored[0]!.gain - APART).map((s) => s.deploy)
}

/** The later deploy of the service with which a finding clearly began; null where it may have begun with `deploy`. */
export function clearlyLater(frame: Frame, f: Finding, deploy: Deploy, siblings: readonly Deploy[]): Deploy | null {
  const end = (frame.window.fromMinute + frame.end) * 60_000
  const later = siblings.filter((d) => d.started_at > deploy.started_at && Date.parse(d.started_at) < end)
  if (later.length === 0 || !gainsOf(frame, f)) return null
  const likely = cannotTellApart(frame, f, [deploy, ...later])
  return likely.includes(deploy) ? null : likely[0]!
}

/** Gains of a split before each slot, over all builds; null for findings that are no share and no duration. */
function gainsOf(frame: Frame, f: Finding): number[] | null {
  const cell = f.signal.startsWith('dependency_') ? 'edge' : 'route'
  const series = partsOf(frame, cell, f.dimension === '(all)' ? null : f.dimension).before
  const slots = Array.from({ length: frame.end }, (_, slot) => slot)
  if (f.signal === 'error_ratio' || f.signal === 'dependency_error_ratio')
    return countGains(
      slots.map((slot) => ({
        bad: series.reduce((n, s) => n + (s.bad[slot] ?? 0), 0),
        total: series.reduce((n, s) => n + (s.total[slot] ?? 0), 0),
      })),
    )
  if (f.signal !== 'latency' && f.signal !== 'dependency_latency') return null
  return meanGains(
    slots.map((slot) => {
      const h = pooled(series.flatMap((s) => s.histograms[slot] ?? []))
      const n = sizeOfHistogram(h)
      return { n, mean: n === 0 ? 0 : [...h].reduce((sum, [i, count]) => sum + i * count, 0) / n }
    }),
  )
}
