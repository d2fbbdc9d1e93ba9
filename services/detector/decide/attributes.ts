import type { SignalName } from '../../../shared/model/verdict.ts'
import type { Judgement } from '../judge/index.ts'
import { ATTRIBUTE_KEYS, keysOf, type Series } from '../window/window.ts'
import { sumCounts } from './errors.ts'
import { type Frame, partsOf, type Track, track } from './frame.ts'
import { digits, dismissed, percent, type Signal } from './signal.ts'
import { attributeSql } from './sql.ts'
import { EXPECTED_COUNT, HISTORY_MINUTES, STEADY_SHARE } from './structure.ts'

/** Findings of each kind, those in most spans first: a release that renames its attributes changes dozens. */
const MAX_FOUND = 10
/** A new key needs this many spans, in so many minutes, and in this share of the judged ones: what is sent now and then is no property of the version. */
const NEW_COUNT = 5
const NEW_MINUTES = 3
const NEW_SHARE = 0.25
/** All minutes that have the key must fall after the deploy by chance with less than this probability. */
const CERTAIN = 1e-3
/** For ranking only: no attribute weighs as much as the lightest finding that can hurt. */
const SCORE = 0.1

type Sends = 'span' | 'log'
/** One key: its series of all builds, and the route that has it ('' where several do, and for log records). */
type Subject = { sends: Sends; name: string; series: readonly Series[]; place: string; whole: Track }
type Found = { signal: Signal; count: number }

const keyOf = (sends: Sends, name: string): string => `${sends} ${name}`

/**
 * Attribute keys of entry spans and of log records that came or went with the deploy: worth knowing, since dashboards and alerts stand on
 * them, and never held against it. Silent where a service has more keys than are kept, since then a key may come and go by rank alone.
 */
export function attributeSignals(frame: Frame): Signal[] {
  if (frame.baseline.length < HISTORY_MINUTES || frame.end <= frame.from) return []
  return (['span', 'log'] as const).flatMap((sends) => {
    const found = subjectsOf(frame, sends)
      .map((of) => attributeSignal(frame, of))
      .filter((f) => f !== null)
    const most = (name: SignalName) =>
      found
        .filter((f) => f.signal.name === name)
        .sort((a, b) => b.count - a.count)
        .slice(0, MAX_FOUND)
    return [...most('attribute_new'), ...most('attribute_vanished')].map((f) => f.signal)
  })
}

/** The keys that both sides could have sent; none where either sent nothing at all, or more keys than are kept. */
function subjectsOf(frame: Frame, sends: Sends): Subject[] {
  const all = keyOf(sends, '')
  const whole = track(frame, 'attribute', all)
  if (sumCounts(whole.current).total === 0 || sumCounts(whole.baseline).total === 0) return []
  const keys = keysOf((frame.index.all.get('attribute') ?? []).filter((s) => s.key.startsWith(all) && s.key !== all))
  if (keys.length >= ATTRIBUTE_KEYS) return []
  return keys.map((key) => {
    const series = frame.index.byKey.get(`attribute\n${key}`) ?? []
    const places = new Set(series.map((s) => s.label))
    const place = places.size === 1 ? series[0]!.label : ''
    return { sends, name: key.slice(all.length), series, place, whole }
  })
}

function attributeSignal(frame: Frame, of: Subject): Found | null {
  const t = track(frame, 'attribute', keyOf(of.sends, of.name))
  const [was, now] = [sumCounts(t.baseline).total, sumCounts(t.current).total]
  if (was === 0 && now > 0) return cameSignal(frame, of, t, now)
  if (now === 0 && was > 0) return wentSignal(frame, of, t, was)
  return null
}

function cameSignal(frame: Frame, of: Subject, t: Track, now: number): Found | null {
  const minutes = t.current.filter((c) => c.total > 0).length
  if (now < NEW_COUNT || minutes < Math.max(NEW_MINUTES, NEW_SHARE * t.current.length)) return null
  const [after, before] = [sumCounts(of.whole.current).total, sumCounts(of.whole.baseline).total]
  const pValue = (after / (after + before)) ** minutes
  if (pValue > CERTAIN) return null
  const reason = `it began to send attribute ${of.name} ${whereOf(of)}: in ${percent(now / after)} of ${digits(after)} ${THINGS[of.sends]} looked at in ${t.current.length} minutes, in none of ${digits(before)} before`
  const why = sumCounts(t.beside).total > 0 ? 'the version beside it sends it too' : otherwise(frame, of)
  const j = judgement({ reason, observed: now / after, expected: 0, pValue, after, before, gone: false })
  return { signal: signal(frame, of, why ? dismissed(j, `${reason}; ${why}`) : j, false), count: now }
}

function wentSignal(frame: Frame, of: Subject, t: Track, was: number): Found | null {
  const [after, before] = [sumCounts(of.whole.current).total, sumCounts(of.whole.baseline).total]
  const steady = t.baseline.filter((c) => c.total > 0).length >= STEADY_SHARE * t.baseline.length
  // Without its route the key is missing as the route is.
  const served = of.place === '' ? after : sumCounts(track(frame, 'route', of.place).current).total
  const expected = Math.min((was / before) * after, served)
  if (!steady || expected < EXPECTED_COUNT) return null
  const reason = `it stopped sending attribute ${of.name} ${whereOf(of)}: in none of ${digits(after)} ${THINGS[of.sends]} looked at in ${t.current.length} minutes, about ${digits(expected)} expected`
  const everywhere = frame.concurrent && sumCounts(t.beside).total === 0
  const why = everywhere ? 'the version beside it stopped too' : otherwise(frame, of)
  const pValue = Math.exp(-expected)
  const j = judgement({ reason, observed: 0, expected: was / before, pValue, after, before, gone: true })
  return { signal: signal(frame, of, why ? dismissed(j, `${reason}; ${why}`) : j, true), count: was }
}

const THINGS: Record<Sends, string> = { span: 'requests', log: 'log records' }

const whereOf = ({ sends, place }: Subject): string =>
  sends === 'log' ? 'in its logs' : place === '' ? 'on its requests' : `on ${place}`

/** What explains that a key came or went without a word of the service's own code; null where nothing does. */
function otherwise(frame: Frame, of: Subject): string | null {
  const isNew = of.place !== '' && sumCounts(track(frame, 'route', of.place).baseline).total === 0
  if (isNew) return `${of.place} is new itself`
  const changed = changedLibrary(frame, of)
  return (
    changed &&
    `with this version ${changed.name} changed from ${changed.was} to ${changed.is}, which sets attributes itself`
  )
}

/** The instrumentation library that set the key, where both sides have it in different versions. */
function changedLibrary(frame: Frame, of: Subject): { name: string; was: string; is: string } | null {
  const { mine, others } = partsOf(frame, 'attribute', null)
  const versions = (series: readonly Series[], name: string) =>
    new Set(series.map((s) => libraryOf(s.kind)).flatMap((l) => (l?.name === name ? [l.version] : [])))
  for (const library of of.series.map((s) => libraryOf(s.kind))) {
    if (!library) continue
    const [is, was] = [versions(mine, library.name), versions(others, library.name)]
    const [came, went] = [[...is].find((v) => !was.has(v)), [...was].find((v) => !is.has(v))]
    if (came !== undefined && went !== undefined) return { name: library.name, was: went, is: came }
  }
  return null
}

function libraryOf(kind: string): { name: string; version: string } | null {
  const at = kind.lastIndexOf(' ')
  return at < 0 ? null : { name: kind.slice(0, at), version: kind.slice(at + 1) }
}

function signal(frame: Frame, of: Subject, judged: Judgement, gone: boolean): Signal {
  const { reason, observed, expected } = judged
  return {
    name: gone ? 'attribute_vanished' : 'attribute_new',
    dimension: keyOf(of.sends, of.name),
    label: `${of.name} ${whereOf(of)}`,
    kind: 'log',
    canHarm: false,
    baseline: 'before',
    judgement: judged,
    finding: () => ({
      unit: 'ratio',
      onset: frame.from,
      observed,
      expected,
      lower: expected,
      upper: expected,
      effect: observed - expected,
      effect_unit: 'absolute',
      direction: gone ? 'vanished' : 'new',
      reason,
      sql: attributeSql(frame, of.sends, of.name, frame.from),
    }),
  }
}

type Numbers = {
  reason: string
  observed: number
  expected: number
  pValue: number
  after: number
  before: number
  gone: boolean
}

const judgement = ({ reason, observed, expected, pValue, after, before, gone }: Numbers): Judgement => ({
  judgement: gone ? 'low' : 'high',
  worse: false,
  reason,
  observed,
  expected,
  lower: expected,
  upper: expected,
  effect: observed - expected,
  effectUnit: 'absolute',
  pValue,
  score: SCORE,
  n: { baseline: before, current: after },
  power: { smallestEffect: null, needs: null },
  method: gone ? 'vanished' : 'count-exact',
})
