import { type Count, judgeCounts, type Sensitivity } from '../judge/index.ts'
import { baselineOf, forTest } from './baseline.ts'
import { blame, onsetOf, ratio, sumCounts } from './errors.ts'
import { certainP, moreSensitive } from './families.ts'
import { type Frame, type Track, track } from './frame.ts'
import { countGains } from './onset.ts'
import { digits, percent, points, type Signal } from './signal.ts'
import { exceptionSql, logSql } from './sql.ts'

/** A new exception type must have been seen this often: once is an accident. */
const NEW_EXCEPTIONS = 3
const BAD_SEVERITIES = ['error', 'fatal']

/** Joins two tracks slot by slot: the bad ones from one, out of the totals of the other. */
function outOf(bad: Track, total: Track): Track {
  const join = (b: Count[], t: Count[]): Count[] =>
    t.map((c, i) => ({ bad: Math.min(b[i]?.total ?? 0, c.total), total: c.total }))
  return {
    key: bad.key,
    baseline: join(bad.baseline, total.baseline),
    current: join(bad.current, total.current),
    beside: join(bad.beside, total.beside),
    line: () => join(bad.line(), total.line()),
  }
}

/** Exceptions of one type, out of the service's requests. */
export function exceptionSignal(frame: Frame, type: string, sensitivity: Sensitivity): Signal {
  const trackOf = (f: Frame): Track => outOf(track(f, 'exception', type), track(f, 'route', null))
  const t = trackOf(frame)
  const base = baselineOf(frame, t)
  const was = sumCounts(base.counts)
  const raw = judgeCounts({
    baseline: forTest(base.counts, t.current.length),
    current: t.current,
    concurrent: base.concurrent,
    certain: certainP('error', sensitivity),
    sensitivity: moreSensitive(sensitivity),
  })
  const isNew = was.bad === 0
  const few = isNew && sumCounts(t.current).bad < NEW_EXCEPTIONS
  const judged = blame(raw, frame, trackOf, ratio(was))
  return {
    name: isNew ? 'exception_new' : 'exception_rate',
    dimension: type,
    kind: 'error',
    judgement: few && judged.judgement === 'high' ? { ...judged, judgement: 'pass', worse: false } : judged,
    canHarm: true,
    baseline: base.kind,
    slots: base.slots,
    finding: () => {
      const onset = onsetOf(frame, countGains(t.line()))
      const now = sumCounts(t.line().slice(onset, frame.end))
      return {
        ...numbers(now, was, raw.lower, raw.upper),
        onset,
        direction: isNew ? 'new' : ratio(now) >= ratio(was) ? 'up' : 'down',
        reason: isNew
          ? `exception ${type} is new: ${digits(now.bad)} in ${digits(now.total)} requests, none in ${digits(was.total)} before`
          : `exception ${type} in ${percent(ratio(now))} of requests (${digits(now.bad)} of ${digits(now.total)}), against ${percent(ratio(was))} (${digits(was.bad)} of ${digits(was.total)}): ${points(ratio(now) - ratio(was))}`,
        sql: exceptionSql({ ...frame, baseline: base.slots }, type, onset, base.kind),
      }
    },
  }
}

/** Error and fatal records, out of all log records, slot by slot. */
export function errorLogs(frame: Frame): Track {
  const bad = BAD_SEVERITIES.map((severity) => track(frame, 'log', severity))
  const [error, fatal] = [bad[0]!, bad[1]!]
  const plus = (a: Count[], b: Count[]) => a.map((c, i) => ({ bad: 0, total: c.total + (b[i]?.total ?? 0) }))
  const both: Track = {
    key: '(all)',
    baseline: plus(error.baseline, fatal.baseline),
    current: plus(error.current, fatal.current),
    beside: plus(error.beside, fatal.beside),
    line: () => plus(error.line(), fatal.line()),
  }
  return outOf(both, track(frame, 'log', null))
}

export function logSignal(frame: Frame, sensitivity: Sensitivity): Signal {
  const t = errorLogs(frame)
  const base = baselineOf(frame, t)
  const was = sumCounts(base.counts)
  const raw = judgeCounts({
    baseline: forTest(base.counts, t.current.length),
    current: t.current,
    concurrent: base.concurrent,
    certain: certainP('error', sensitivity),
    sensitivity: moreSensitive(sensitivity),
  })
  return {
    name: 'log_error_rate',
    dimension: '(all)',
    kind: 'error',
    judgement: blame(raw, frame, errorLogs, ratio(was)),
    canHarm: true,
    baseline: base.kind,
    slots: base.slots,
    finding: () => {
      const onset = onsetOf(frame, countGains(t.line()))
      const now = sumCounts(t.line().slice(onset, frame.end))
      return {
        ...numbers(now, was, raw.lower, raw.upper),
        onset,
        direction: ratio(now) >= ratio(was) ? 'up' : 'down',
        reason: `${percent(ratio(now))} of log records are errors (${digits(now.bad)} of ${digits(now.total)}), against ${percent(ratio(was))}: ${points(ratio(now) - ratio(was))}`,
        sql: logSql({ ...frame, baseline: base.slots }, onset, base.kind),
      }
    },
  }
}

function numbers(now: Count, was: Count, lower: number, upper: number) {
  const [observed, expected] = [ratio(now), ratio(was)]
  return {
    unit: 'ratio',
    observed,
    expected,
    lower: Math.max(0, Math.min(lower, expected)),
    upper: Math.min(1, Math.max(upper, expected)),
    effect: observed - expected,
    effect_unit: 'absolute' as const,
  }
}
