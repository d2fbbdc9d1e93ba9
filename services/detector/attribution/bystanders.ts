import { binomialDistribution, quantile } from 'simple-statistics'
import type { Point } from '../rolling/lines.ts'
import { type Around, type Excuse, type Subject, touched } from './around.ts'
import { compareWith, type Share } from './control.ts'
import type { Measure } from './excess.ts'

/** The chance that a control that is well answers as if it were not: Wald's test errs so often at most (control.ts). */
const ERRS = 0.05
/** That many sharing by chance is believed in one case of a hundred. */
const CHANCE = 0.01
/** Who could tell is waited for this long. */
const WAIT_MINUTES = 5
/** Slow minutes that can tell a service from one that is well: 2 ln(0.46 / 0.1) is beyond Wald's limit, one alone is not. */
const TELLING = 2
/** A minute is slow where its p95 is beyond nine in ten of the minutes before. */
const SLOW = 0.9
/** Services that are asked: the busiest ones would do, and asking is cheap. */
const MAX_ASKED = 200
/** Names in a sentence. */
const MAX_NAMED = 3

/**
 * Services that were not deployed, and neither call this one nor are called by it, but got worse with it: a node, a network, a store that
 * nobody traces. More of them than chance would have, or none is believed.
 */
export function bystandersExcuse(measure: Measure, subject: Subject, around: Around): Excuse | null {
  const { service } = subject.deploy
  const own = around.lines.get(service)
  if (!own || subject.since.length === 0) return null
  const at = measure === 'errors' ? subject : { ...subject, since: sinceSlow(own, subject) }
  const shows = shareOf(own, at, measure)
  const asked = [...around.lines].filter(
    ([name]) => !connected(name, service, around) && !touched(name, subject, around),
  )
  const answers = asked
    .slice(0, MAX_ASKED)
    .map(([name, line]) => ({ name, answer: compareWith(shows, shareOf(line, at, measure)) }))
  const sharing = answers.filter((a) => a.answer === 'shares').map((a) => a.name)
  if (sharing.length >= leastOf(answers.length)) {
    const named = sharing.slice(0, MAX_NAMED).join(', ')
    const words = `${sharing.length} of ${answers.length} services that were not deployed and have nothing to do with it got worse in the same minutes (${named}${sharing.length > MAX_NAMED ? ', …' : ''})`
    return { state: 'excused', words, origin: null }
  }
  const open = answers.filter((a) => a.answer === 'unknown').length
  const possible = sharing.length + open >= leastOf(answers.length)
  const early = subject.since.length < WAIT_MINUTES && (sharing.length > 0 || at.since.length < TELLING)
  const words = 'whether services that were not deployed got worse as well is not known yet'
  return possible && early ? { state: 'wait', words, origin: null } : null
}

/** How many of `n` must share, that chance alone would have it in CHANCE of all cases at most; two at least. */
function leastOf(n: number): number {
  if (n < 2) return Number.POSITIVE_INFINITY
  const probabilities = binomialDistribution(n, ERRS) ?? []
  let tail = 1
  for (let k = 0; k <= n; k++) {
    if (tail <= CHANCE) return Math.max(2, k)
    tail -= probabilities[k] ?? 0
  }
  return n
}

/** It is the service itself, or reaches it or is reached from it by calls of any length. */
function connected(name: string, service: string, around: Around): boolean {
  return name === service || reaches(name, service, around) || reaches(service, name, around)
}

function reaches(from: string, to: string, { calls }: Around): boolean {
  const seen = new Set([from])
  for (const at of seen) for (const c of calls) if (c.caller === at) seen.add(c.callee)
  return seen.has(to)
}

const pointsOf = (line: ReadonlyMap<number, Point>, minutes: readonly number[]): Point[] =>
  minutes.flatMap((m) => line.get(m) ?? [])

/** The p95 beyond which a minute is slow, and the test for it. */
function isSlow(line: ReadonlyMap<number, Point>, before: readonly number[]): (p: Point) => boolean {
  const usual = pointsOf(line, before).map((p) => p.p95Ms)
  const limit = usual.length === 0 ? 0 : quantile(usual, SLOW)
  return (p) => p.p95Ms > limit
}

/** The slow minutes of the service up to now without a gap: an onset is good to a minute or two only. All of them where the newest is not slow. */
function sinceSlow(line: ReadonlyMap<number, Point>, { before, since }: Subject): readonly number[] {
  const slow = isSlow(line, before)
  const last = since.findLastIndex((m) => !pointsOf(line, [m]).some(slow))
  return last === since.length - 1 ? since : since.slice(last + 1)
}

/** Failed requests, or slow minutes, before and since. */
function shareOf(line: ReadonlyMap<number, Point>, at: Subject, measure: Measure): { before: Share; now: Share } {
  const slow = isSlow(line, at.before)
  const share = (minutes: readonly number[]): Share => {
    const points = pointsOf(line, minutes)
    if (measure === 'latency') return { of: points.filter(slow).length, total: points.length }
    const sum = (of: (p: Point) => number) => points.reduce((n, p) => n + of(p), 0)
    return { of: sum((p) => p.errors), total: sum((p) => p.requests) }
  }
  return { before: share(at.before), now: share(at.since) }
}
