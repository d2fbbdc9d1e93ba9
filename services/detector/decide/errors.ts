import type { SignalName } from '../../../shared/model/verdict.ts'
import { type Count, type Judgement, judgeCounts, type Sensitivity } from '../judge/index.ts'
import { baselineOf, forTest } from './baseline.ts'
import { certainP, moreSensitive } from './families.ts'
import { type Frame, type Track, track } from './frame.ts'
import { beganBefore, bestSplit, countGains } from './onset.ts'
import { LEAST_REQUESTS, sameHours } from './season.ts'
import { digits, dismissed, percent, points, type Signal } from './signal.ts'
import { ratioSql, type SpanCell } from './sql.ts'

export const sumCounts = (counts: readonly Count[]): Count =>
  counts.reduce((s, c) => ({ bad: s.bad + c.bad, total: s.total + c.total }), { bad: 0, total: 0 })

export const ratio = (c: Count): number => (c.total === 0 ? 0 : c.bad / c.total)

/**
 * Holds a change against the deploy only where it began with it, where more than one minute shows it, and where earlier days did not change as much at
 * this time. `trackOf` gives the counts of a frame: this one's, and those of earlier days.
 */
export function blame(j: Judgement, frame: Frame, trackOf: (frame: Frame) => Track, expected: number): Judgement {
  if (j.judgement !== 'high' && j.judgement !== 'low') return j
  const line = trackOf(frame).line()
  const before = beganBefore(countGains(line), frame.start)
  if (before !== null) {
    const since = ratio(sumCounts(line.slice(before, frame.start)))
    const now = ratio(sumCounts(line.slice(frame.from)))
    if (Math.abs(since - expected) >= 0.5 * Math.abs(now - expected) && since > expected === now > expected)
      return dismissed(j, `${j.reason}; it began ${frame.start - before} minutes before the deploy`)
  }
  const current = line.slice(frame.from, frame.end)
  if (j.judgement === 'high' && current.length >= 2 && oneMinuteOnly(current, expected))
    return dismissed(j, `${j.reason}; only one minute shows it so far`)
  const season = sameHours(frame, j.effect, (day) => changeOn(trackOf(day)))
  return season ? dismissed(j, `${j.reason}; ${season}`) : j
}

/** By how much the share moved on an earlier day; null where there were too few to say. */
function changeOn(t: Track): number | null {
  const [was, now] = [sumCounts(t.baseline), sumCounts(t.current)]
  return Math.min(was.total, now.total) < LEAST_REQUESTS ? null : ratio(now) - ratio(was)
}

/** True where the difference is gone without its worst minute. */
function oneMinuteOnly(current: readonly Count[], expected: number): boolean {
  const all = ratio(sumCounts(current))
  const worst = current.reduce((a, b) => (b.bad > a.bad ? b : a))
  const rest = sumCounts(current.filter((c) => c !== worst))
  return rest.total > 0 && ratio(rest) - expected < 0.25 * (all - expected)
}

export function errorSignal(frame: Frame, cell: SpanCell, key: string | null, sensitivity: Sensitivity): Signal {
  const trackOf = (f: Frame): Track => track(f, cell, key)
  const t = trackOf(frame)
  const base = baselineOf(frame, t)
  const raw = judgeCounts({
    baseline: forTest(base.counts, t.current.length),
    current: t.current,
    concurrent: base.concurrent,
    certain: certainP('error', sensitivity),
    sensitivity: moreSensitive(sensitivity),
  })
  const expected = ratio(sumCounts(base.counts))
  const judgement = blame(raw, frame, trackOf, expected)
  const name: SignalName = cell === 'route' ? 'error_ratio' : 'dependency_error_ratio'
  return {
    name,
    dimension: t.key,
    kind: 'error',
    judgement,
    canHarm: true,
    baseline: base.kind,
    slots: base.slots,
    finding: () => {
      const onset = onsetOf(frame, countGains(t.line()))
      const now = sumCounts(t.line().slice(onset, frame.end))
      const was = sumCounts(base.counts)
      const observed = ratio(now)
      const what = cell === 'route' ? (key === null ? 'requests' : `requests to ${key}`) : `calls to ${key}`
      return {
        unit: 'ratio',
        onset,
        observed,
        expected,
        lower: Math.max(0, Math.min(raw.lower, expected)),
        upper: Math.min(1, Math.max(raw.upper, expected)),
        effect: observed - expected,
        effect_unit: 'absolute',
        direction: observed >= expected ? 'up' : 'down',
        reason: `${percent(observed)} of ${what} failed (${digits(now.bad)} of ${digits(now.total)}), against ${percent(expected)} ${base.kind === 'before' ? 'before' : 'on the old version in the same minutes'} (${digits(was.bad)} of ${digits(was.total)}): ${points(observed - expected)}`,
        sql: ratioSql({ ...frame, baseline: base.slots }, cell, key, onset, base.kind),
      }
    },
  }
}

/** The slot in which the difference began, not before the deploy was judged and not so late that nothing is left. */
export function onsetOf(frame: Frame, gains: readonly number[]): number {
  const split = bestSplit(gains.slice(0, Math.max(frame.from + 1, frame.end - 2)), frame.start)
  const begin = split.gain > 0 ? split.at : frame.from
  return Math.max(frame.from, begin)
}
