import { redactedWords } from '../../../shared/model/redaction.ts'
import type { Judgement } from '../judge/index.ts'
import type { Series } from '../window/window.ts'
import { sumCounts } from './errors.ts'
import { type Frame, track } from './frame.ts'
import { digits, fromDeployText, type Signal } from './signal.ts'
import { rateSql } from './sql.ts'
import { HISTORY_MINUTES } from './structure.ts'

/** Headers with credentials are sent where somebody configured it, and masked by their name: no sign of a leak. */
const USUAL = 'sensitive_key'
/** All minutes in which something was masked must fall after the deploy by chance with less than this probability: one accident does not. */
const CERTAIN = 1e-3

/**
 * What redaction masks in the service's spans and logs since the deploy, and never before: a signal for each rule. It is harmful whatever
 * else the deploy does, since what is masked here stands unmasked in other places that the same lines go to.
 */
export function secretSignals(frame: Frame): Signal[] {
  if (frame.baseline.length < HISTORY_MINUTES || frame.end <= frame.from) return []
  const all = (frame.index.all.get('redaction') ?? []).filter((s) => s.kind !== USUAL)
  const rules = [...new Set(all.map((s) => s.kind))].sort()
  return rules.flatMap(
    (rule) =>
      secretSignal(
        frame,
        rule,
        all.filter((s) => s.kind === rule),
      ) ?? [],
  )
}

function secretSignal(frame: Frame, rule: string, series: readonly Series[]): Signal | null {
  const mine = series.filter((s) => frame.index.mine.has(s))
  const now = total(mine, frame.from, frame.end)
  if (now === 0) return null
  const place = busiest(mine, frame)
  const what = `${redactedWords(rule)} ${place === '' ? 'in its logs' : `in ${place}`}`
  const judgement = judge(frame, rule, series, mine, now, what)
  const first = firstSlot(mine, frame)
  return {
    name: 'secret_new',
    dimension: rule,
    label: what,
    kind: 'log',
    canHarm: !frame.maskedBefore.has(rule),
    baseline: 'before',
    judgement,
    finding: () => ({
      unit: 'per_minute',
      onset: first,
      observed: now / (frame.end - first),
      expected: 0,
      lower: 0,
      upper: 0,
      effect: now / (frame.end - first),
      effect_unit: 'absolute',
      direction: 'new',
      reason: judgement.reason,
      sql: rateSql(frame, { cell: 'redaction', is: rule }, first, 'before'),
    }),
  }
}

function judge(
  frame: Frame,
  rule: string,
  all: readonly Series[],
  mine: readonly Series[],
  now: number,
  what: string,
): Judgement {
  const others = all.filter((s) => !mine.includes(s))
  const before = total(all, 0, frame.start)
  const beside = total(others, frame.start, frame.end)
  const minutes = frame.end - frame.from
  const pValue = before + beside > 0 ? 1 : chance(frame, mine)
  const isFound = pValue <= CERTAIN
  const found = `something like ${what}, ${digits(now)} times in ${minutes} minutes, masked`
  const seen = frame.maskedBefore.get(rule)
  const earlier =
    seen === undefined ? '' : `, but earlier: first ${fromDeployText(seen, frame.window.fromMinute + frame.start)}`
  return {
    judgement: isFound ? 'high' : 'pass',
    worse: isFound,
    reason: isFound
      ? `it began to send ${found}; none in ${frame.baseline.length} minutes before${earlier}`
      : `${found}: ${whyNot(before, beside)}`,
    observed: now,
    expected: 0,
    lower: 0,
    upper: 0,
    effect: now,
    effectUnit: 'absolute',
    pValue,
    score: isFound ? 0.8 : 0,
    n: { baseline: frame.baseline.length, current: minutes },
    power: { smallestEffect: null, needs: null },
    method: 'count-exact',
  }
}

function whyNot(before: number, beside: number): string {
  if (before > 0) return `${digits(before)} before the deploy`
  return beside > 0 ? 'the version beside it sends it too' : 'too seldom so far to be tied to the deploy'
}

/**
 * The probability that every minute with something masked falls after the deploy, where each is as likely before: by the requests of both
 * sides, or log records where there are none. Minutes count and not items, since one accident may log many.
 */
function chance(frame: Frame, mine: readonly Series[]): number {
  const requests = track(frame, 'route', null)
  const served = sumCounts(requests.current).total > 0 && sumCounts(requests.baseline).total > 0
  const whole = served ? requests : track(frame, 'log', null)
  const [after, before] = [sumCounts(whole.current).total, sumCounts(whole.baseline).total]
  if (after === 0 || before === 0) return 1
  let minutes = 0
  for (let slot = frame.from; slot < frame.end; slot++) if (total(mine, slot, slot + 1) > 0) minutes++
  return (after / (after + before)) ** minutes
}

/** The place with the most of it; of equals the first by name. */
function busiest(mine: readonly Series[], frame: Frame): string {
  const byPlace = new Map<string, number>()
  for (const s of mine) byPlace.set(s.label, (byPlace.get(s.label) ?? 0) + total([s], frame.from, frame.end))
  return [...byPlace].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]![0]
}

const total = (series: readonly Series[], from: number, to: number): number => {
  let n = 0
  for (const s of series) for (let slot = Math.max(0, from); slot < to; slot++) n += s.total[slot] ?? 0
  return n
}

function firstSlot(mine: readonly Series[], frame: Frame): number {
  let slot = frame.from
  while (slot < frame.end && total(mine, slot, slot + 1) === 0) slot++
  return slot
}
