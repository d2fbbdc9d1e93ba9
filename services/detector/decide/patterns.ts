import { short } from '../../../shared/runtime/log.ts'
import { type Count, type Judgement, judgeCounts, type Sensitivity } from '../judge/index.ts'
import { keysOf, type Series } from '../window/window.ts'
import { baselineOf, forTest } from './baseline.ts'
import { blame, onsetOf, ratio, sumCounts } from './errors.ts'
import { certainP, moreSensitive } from './families.ts'
import { type Frame, type Track, track } from './frame.ts'
import { countGains } from './onset.ts'
import { digits, fromDeployText, percent, type Signal } from './signal.ts'
import { patternSql } from './sql.ts'
import { goneSignal, HISTORY_MINUTES } from './structure.ts'

/** Patterns looked at, the busiest first; those of errors have places of their own. */
const MAX_PATTERNS = 200
const MAX_ERROR_PATTERNS = 100
/** A new pattern needs this many lines in this many different minutes: one accident may log a whole stack. */
const NEW_LINES = 5
const NEW_MINUTES = 3
/** A pattern that was there before counts as exploding from this factor on: what is more frequent by less, log_error_rate judges. */
const EXPLODED = 3
const LABEL_CHARS = 120
/** Lines that speak of a failure though no level says so: names of exceptions, panics, stack traces. */
const LIKE_EXCEPTION = /\b\w*(Exception|Error)\b|\bpanic\b|\bTraceback\b|\bFATAL\b/

const BAD = new Set(['error', 'fatal'])
const SAYS_NOTHING = new Set(['', 'warn'])

/**
 * Log patterns that came, exploded or went with the deploy: each is judged as a share, its lines out of the service's lines and
 * requests (of all log records where it has no requests). Only patterns of errors can make a deploy `regressed`.
 */
export function patternSignals(frame: Frame, sensitivity: Sensitivity): Signal[] {
  if (frame.baseline.length < HISTORY_MINUTES || frame.end <= frame.from) return []
  const requests = track(frame, 'route', null)
  const served = sumCounts(requests.baseline).total > 0 && sumCounts(requests.current).total > 0
  const whole = served ? requests : track(frame, 'log', null)
  if (sumCounts(whole.current).total === 0 || sumCounts(whole.baseline).total === 0) return []
  const keys = keysOf(frame.index.all.get('pattern') ?? [])
  const bad = keys.filter((key) => isBad(seriesOfKey(frame, key))).slice(0, MAX_ERROR_PATTERNS)
  const others = keys.filter((key) => !isBad(seriesOfKey(frame, key))).slice(0, MAX_PATTERNS)
  const found: Signal[] = []
  for (const key of [...bad, ...others]) {
    const of: Pattern = { key, served, harms: bad.includes(key), ...known(seriesOfKey(frame, key)) }
    const lines = track(frame, 'pattern', key)
    const signal = judged(frame, of, lines, whole, sensitivity)
    const gone = goneSignal(frame, { cell: 'pattern', key, label: of.label }, lines, whole)
    if (gone) found.push(gone)
    else if (of.harms || signal.judgement.judgement === 'high') found.push(signal)
  }
  return found
}

type Pattern = { key: string; label: string; firstMinute: number; served: boolean; harms: boolean }

const seriesOfKey = (frame: Frame, key: string): readonly Series[] => frame.index.byKey.get(`pattern\n${key}`) ?? []

/** Template and first minute are told with every build's series; the one read last knows best. */
function known(series: readonly Series[]): { label: string; firstMinute: number } {
  const firsts = series.map((s) => s.firstMinute).filter((m) => m > 0)
  const label = series.find((s) => s.label !== '')?.label ?? ''
  return {
    label: short(label.replace(/\s+/g, ' ').trim(), LABEL_CHARS),
    firstMinute: firsts.length > 0 ? Math.min(...firsts) : 0,
  }
}

const isBad = (series: readonly Series[]): boolean =>
  series.some((s) => BAD.has(s.kind) || (SAYS_NOTHING.has(s.kind) && LIKE_EXCEPTION.test(s.label)))

/** Lines of one pattern out of those lines and everything else: a share below 1 however many lines a request writes. */
function outOf(lines: Track, whole: Track, served: boolean): Track {
  const join = (l: Count[], w: Count[]): Count[] =>
    w.map((c, i) => {
      const bad = l[i]?.total ?? 0
      return { bad, total: served ? c.total + bad : Math.max(c.total, bad) }
    })
  return {
    key: lines.key,
    baseline: join(lines.baseline, whole.baseline),
    current: join(lines.current, whole.current),
    beside: join(lines.beside, whole.beside),
    line: () => join(lines.line(), whole.line()),
  }
}

function judged(frame: Frame, of: Pattern, lines: Track, whole: Track, sensitivity: Sensitivity): Signal {
  const wholeCell = of.served ? 'route' : 'log'
  const trackOf = (f: Frame): Track => outOf(track(f, 'pattern', of.key), track(f, wholeCell, null), of.served)
  const t = outOf(lines, whole, of.served)
  const base = baselineOf(frame, t)
  const was = sumCounts(base.counts)
  const now = sumCounts(t.current)
  const why = unremarkable(t.current, now, was)
  const test = () =>
    judgeCounts({
      baseline: forTest(base.counts, t.current.length),
      current: t.current,
      concurrent: base.concurrent,
      sensitivity: moreSensitive(sensitivity),
    })
  const judgement = why ? asUsual(now, was, why) : blame(worded(test()), frame, trackOf, ratio(was))
  const unseen = was.bad === 0 && of.firstMinute - frame.window.fromMinute >= frame.start
  return {
    name: unseen ? 'log_pattern_new' : 'log_pattern_rate',
    dimension: of.key,
    label: of.label,
    kind: 'log',
    judgement,
    canHarm: of.harms && judgement.pValue <= certainP('log', sensitivity),
    baseline: base.kind,
    slots: base.slots,
    finding: () => describe(frame, of, { lines, whole, shares: t }, base, unseen),
  }
}

/** The judge speaks of requests that failed; these are lines. */
const worded = (j: Judgement): Judgement => ({
  ...j,
  reason: j.reason
    .replace(/^(\d+) of \d+ requests failed \(/, '$1 lines (')
    .replace(/few requests/, 'few requests or lines'),
})

/** Why lines are not worth a test: too few of them, or about as many as before. Null where they are; a service has hundreds of patterns. */
function unremarkable(current: readonly Count[], now: Count, was: Count): string | null {
  const minutes = current.filter((c) => c.bad > 0).length
  const odds = (c: Count) => c.bad / Math.max(1, c.total - c.bad)
  if (now.bad < NEW_LINES || minutes < NEW_MINUTES) return 'too few to be told'
  return odds(now) < EXPLODED * odds(was) ? `less than ${EXPLODED} times as often as before` : null
}

const asUsual = (now: Count, was: Count, why: string): Judgement => ({
  judgement: 'pass',
  worse: false,
  reason: `${digits(now.bad)} lines (${percent(ratio(now))}), expected ${percent(ratio(was))}: ${why}`,
  observed: ratio(now),
  expected: ratio(was),
  lower: 0,
  upper: ratio(was) * EXPLODED,
  effect: ratio(now) - ratio(was),
  effectUnit: 'absolute',
  pValue: 1,
  score: 0,
  n: { baseline: was.total, current: now.total },
  power: { smallestEffect: null, needs: null },
  method: 'count-exact',
})

function describe(
  frame: Frame,
  of: Pattern,
  { lines, whole, shares }: { lines: Track; whole: Track; shares: Track },
  base: ReturnType<typeof baselineOf>,
  unseen: boolean,
): ReturnType<Signal['finding']> {
  const onset = onsetOf(frame, countGains(shares.line()))
  const since = (t: Track) => sumCounts(t.line().slice(onset, frame.end)).total
  const before = (t: Track) => {
    if (base.kind === 'concurrent') return sumCounts(t.beside).total
    return sumCounts(t.baseline.slice(t.baseline.length - base.slots.length)).total
  }
  const [now, all] = [since(lines), since(whole)]
  const [observed, expected] = [now / all, before(lines) / before(whole)]
  const per = of.served ? 'requests' : 'log records'
  const seen =
    of.firstMinute > 0 ? `; first seen ${fromDeployText(of.firstMinute, frame.window.fromMinute + frame.start)}` : ''
  return {
    unit: 'ratio',
    onset,
    observed,
    expected,
    lower: expected === 0 ? 0 : expected / EXPLODED,
    upper: expected * EXPLODED,
    effect: observed - expected,
    effect_unit: 'absolute',
    direction: unseen ? 'new' : 'up',
    reason: unseen
      ? `log pattern "${of.label}" is new: ${digits(now)} lines in ${digits(all)} ${per}, never seen before this deploy`
      : `log pattern "${of.label}": ${digits(now)} lines in ${digits(all)} ${per} (${percent(observed)}), against ${percent(expected)} before${seen}`,
    sql: patternSql({ ...frame, baseline: base.slots }, of.key, of.served, onset, base.kind),
  }
}
