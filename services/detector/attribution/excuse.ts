import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Finding } from '../../../shared/model/verdict.ts'
import { quantileMs } from '../../../shared/store/histogram.ts'
import { bestSplit, CLEAR_GAIN, countGains } from '../decide/onset.ts'
import { type Series, seriesOf } from '../window/window.ts'
import { type Around, beganAt, type Excuse, SLACK_MINUTES, type Subject, serviceOf, touched } from './around.ts'
import { bystandersExcuse } from './bystanders.ts'
import {
  type Answer,
  compareWith,
  estimate,
  moreFailures,
  moreTime,
  type Share,
  type Sums,
  sharesOf,
  sumsOf,
} from './control.ts'
import type { Measure } from './excess.ts'
import { originOf } from './origin.ts'

/** Calls explain a finding that they hold at least half of. */
const EXPLAINS = 0.5
/** What a route takes of the calls that explain it: failures are its own one by one, times add up roughly only. */
const SPENDS = { errors: 1, latency: EXPLAINS } as const
/** Where durations are cut when they are summed up. */
const LONGEST = 0.99
/** A control that can tell is waited for this long: the shorter of the two usual alert windows. */
const WAIT_MINUTES = 5
/** Calls a request beyond what retries of failed calls account for, 1 / (1 - failed): a fifth more is the deploy's doing. */
const MORE_CALLS = 1.2

const MEASURES: Partial<Record<Finding['signal'], Measure>> = {
  error_ratio: 'errors',
  dependency_error_ratio: 'errors',
  latency: 'latency',
  dependency_latency: 'latency',
}

/** The share of the calls to each far side that explained a route already: they belong to one route each, and rollups do not tell to which. */
export type Spent = Map<string, number>

/** A finding that calls to others could explain; what merely goes along with such a one has no measure of its own. */
export const isPrimary = (f: Finding): boolean => MEASURES[f.signal] !== undefined

/**
 * Is a harmful finding of a deploy another's doing? It is where calls to one dependency hold most of it, and the dependency is worse for
 * those that this deploy did not touch: the old version in the same minutes, other callers, the dependency's own requests after its own
 * deploy or long after this one. Not where the new version calls it more often. Null where nothing speaks for the deploy; `open` where the calls hold
 * most of a route's finding and nobody else shows how the dependency is doing.
 */
export function excuseOf(finding: Finding, subject: Subject, around: Around, spent: Spent): Excuse | null {
  const measure = MEASURES[finding.signal]
  if (!measure) return null
  const edges = seriesOf(subject.window, 'edge')
  let open: Excuse | null = null
  for (const peer of [...new Set(edges.map((s) => s.key))].sort()) {
    const toPeer = edges.filter((s) => s.key === peer)
    const since = { ...subject, since: sinceTrouble(subject, toPeer, measure) }
    const part = partOf(finding, measure, since, peer, toPeer)
    const key = `${measure}\n${peer}`
    const left = part.ofPeer * (1 - (part.counts ? (spent.get(key) ?? 0) : 0))
    if (part.whole <= 0 || left < EXPLAINS * part.whole) continue
    const found = troubleOf(peer, measure, toPeer, since, around)
    if (found?.state === 'open') {
      if (Number.isFinite(part.ofPeer)) open ??= found
      continue
    }
    if (found && part.counts) spent.set(key, (spent.get(key) ?? 0) + SPENDS[measure] * (part.whole / part.ofPeer))
    if (found) return found
  }
  // The old version in the same minutes is the best control: what it does not show is no incident of all.
  return (subject.beside ? null : bystandersExcuse(measure, subject, around)) ?? open
}

/** Trouble of a far side is one thing, in errors or in latency: what the finding's measure leaves open, the other may tell. */
function troubleOf(peer: string, measure: Measure, toPeer: Series[], subject: Subject, around: Around): Excuse | null {
  const answers = [measure, measure === 'errors' ? 'latency' : 'errors'] as const
  let waits: Excuse | null = null
  for (const m of answers) {
    const answer = judge({ peer, measure: m, toPeer, subject, around })
    if (answer === 'its own') return null
    if (answer?.state === 'excused') return answer
    if (m === measure) waits = answer
  }
  return waits
}

/** The minutes from which calls to the far side are worse, where that is later than the finding's own. */
function sinceTrouble(subject: Subject, toPeer: readonly Series[], measure: Measure): readonly number[] {
  const { window, mine, before, since } = subject
  const own = toPeer.filter((s) => mine.has(s))
  const was = sumsOf(window, toPeer, before)
  const line = since.map((minute) => {
    const { of, total } = sharesOf(was, sumsOf(window, own, [minute]), measure).now
    return { bad: of, total }
  })
  const { at, gain } = bestSplit(countGains(line))
  const sum = (part: readonly { bad: number; total: number }[]) => ({
    of: part.reduce((n, c) => n + c.bad, 0),
    total: part.reduce((n, c) => n + c.total, 0),
  })
  const rises = estimate(sum(line.slice(at))) > estimate(sum(line.slice(0, at)))
  return gain >= CLEAR_GAIN && rises ? since.slice(at) : since
}

/** How much more there is of a finding, and of the calls to a far side: failures or milliseconds. `counts`: it is one route of several. */
function partOf(f: Finding, measure: Measure, subject: Subject, peer: string, toPeer: readonly Series[]) {
  if (f.signal.startsWith('dependency_'))
    return { whole: f.dimension === peer ? 1 : 0, ofPeer: Infinity, counts: false }
  const routes = seriesOf(subject.window, 'route').filter((s) => f.dimension === '(all)' || s.key === f.dimension)
  const requests = beforeAndNow(subject, routes)
  const capMs = longestMs(requests)
  const more = ({ before, now }: { before: Sums; now: Sums }) =>
    measure === 'errors' ? moreFailures(before, now) : moreTime(before, now, capMs)
  return { whole: more(requests), ofPeer: more(beforeAndNow(subject, toPeer)), counts: f.dimension !== '(all)' }
}

function beforeAndNow({ window, mine, before, since }: Subject, series: readonly Series[]) {
  const own = series.filter((s) => mine.has(s))
  return { before: sumsOf(window, series, before), now: sumsOf(window, own, since) }
}

/** What one request in a hundred took longer than, before or now. */
const longestMs = ({ before, now }: { before: Sums; now: Sums }): number =>
  Math.max(quantileMs(before.buckets, LONGEST) ?? 0, quantileMs(now.buckets, LONGEST) ?? 0)

type Question = { peer: string; measure: Measure; toPeer: readonly Series[]; subject: Subject; around: Around }
type Shares = { before: Share; now: Share }
/** A control's answer, and the words that say what it shows. */
type Told = { answer: Answer; words: string }

function judge(q: Question): Excuse | 'its own' | null {
  const { subject, peer, measure, toPeer } = q
  const { window, mine, before, since } = subject
  const was = sumsOf(window, toPeer, before)
  const own = sharesOf(
    was,
    sumsOf(
      window,
      toPeer.filter((s) => mine.has(s)),
      since,
    ),
    measure,
  )
  if (callsMore(q, was)) return 'its own'
  const beside = sumsOf(
    window,
    toPeer.filter((s) => !mine.has(s)),
    since,
  )
  const old = compareWith(own, sharesOf(was, beside, measure))
  if (old === 'differs') return 'its own'
  const excused = (words: string, origin: Deploy | null = null): Excuse => ({ state: 'excused', words, origin })
  const callee = calleeOf(q, own)
  const origin = callee.answer === 'differs' ? null : deployBehind(q)
  const callers = callersOf(q, own)
  const sharing = callers.find((c) => c.answer === 'shares')
  if (sharing) return excused(sharing.words, origin)
  if (callers.some((c) => c.answer === 'differs')) return 'its own'
  if (old === 'shares') return excused(`the old version's calls to ${peer} show it in the same minutes`, origin)
  if (callee.answer === 'shares' && origin) return excused(`${callee.words} since its own deploy`, origin)
  if (callee.answer === 'shares' && ranClean(q, was, own))
    return excused(`${callee.words}, and this version had called it for ${subject.clean.length} minutes without that`)
  const silent = callee.answer === 'unknown' ? [...callers, callee] : callers
  const waits = since.length < WAIT_MINUTES && silent.some((c) => c.words !== '')
  if (waits) return { state: 'wait', words: `what others see of ${peer} is not known yet`, origin: null }
  if (callee.answer !== 'unknown' || subject.beside) return null
  const clean = ranClean(q, was, own)
    ? `, which went well for the first ${subject.clean.length} minutes of this version`
    : ''
  const words = `most of it comes with calls to ${peer}${clean}; nobody else shows how ${peer} is doing, so look there too`
  return { state: 'open', words, origin: null }
}

/** The new version makes more calls a request than before, beyond what retries of failed ones are: then the load is its own doing. */
function callsMore({ subject: { window, mine, before, since }, toPeer }: Question, was: Sums): boolean {
  const routes = seriesOf(window, 'route')
  const served = sumsOf(window, routes, before).total
  const serves = sumsOf(
    window,
    routes.filter((s) => mine.has(s)),
    since,
  ).total
  const now = sumsOf(
    window,
    toPeer.filter((s) => mine.has(s)),
    since,
  )
  if (served === 0 || serves === 0 || was.total === 0 || now.total === 0) return false
  const retries = 1 / Math.max(0.05, 1 - now.bad / now.total)
  return now.total / serves > MORE_CALLS * retries * (was.total / served)
}

/** Other services that call the same far side and were not deployed at that time: the untouched controls. */
function callersOf({ peer, measure, subject, around }: Question, own: Shares): Told[] {
  const told: Told[] = []
  for (const [service, window] of around.windows) {
    const series = seriesOf(window, 'edge').filter((s) => s.key === peer)
    if (service === subject.deploy.service || series.length === 0 || touched(service, subject, around)) continue
    const shares = sharesOf(sumsOf(window, series, subject.before), sumsOf(window, series, subject.since), measure)
    if (shares.before.total === 0) continue
    const answer = compareWith(own, shares)
    told.push({
      answer,
      words: `calls from ${service}, which was not deployed, show it too (${text(shares, measure)})`,
    })
  }
  return told
}

/** The far side's own requests, where it sends telemetry. */
function calleeOf({ peer, measure, subject, around }: Question, own: Shares): Told {
  const service = serviceOf(peer, around)
  if (service === null || service === subject.deploy.service) return { answer: 'unknown', words: '' }
  const window = around.windows.get(service)!
  const series = seriesOf(window, 'route')
  const shares = sharesOf(sumsOf(window, series, subject.before), sumsOf(window, series, subject.since), measure)
  return { answer: compareWith(own, shares), words: `${service} itself shows it (${text(shares, measure)})` }
}

/** The deploy of the far side, or of what that calls, in which the change began: as near to it as this deploy. */
function deployBehind({ peer, measure, subject, around }: Question): Deploy | null {
  const service = serviceOf(peer, around)
  if (service === null) return null
  const onset = subject.since[0]!
  const own = Math.abs(onset - beganAt(subject.deploy))
  return originOf(service, measure, subject, around, (d) => {
    const away = onset - beganAt(d)
    return d.service !== subject.deploy.service && away >= -1 && Math.abs(away) <= own + SLACK_MINUTES
  })
}

/** The new build had called the far side long enough, and often enough, without the change. */
function ranClean({ subject, toPeer, measure }: Question, was: Sums, own: Shares): boolean {
  const { window, mine, clean } = subject
  if (clean.length < WAIT_MINUTES) return false
  const then = sumsOf(
    window,
    toPeer.filter((s) => mine.has(s)),
    clean,
  )
  return compareWith(own, sharesOf(was, then, measure)) === 'differs'
}

const percent = (s: Share): string => `${Number(((100 * s.of) / Math.max(1, s.total)).toPrecision(3))} %`

function text({ before, now }: Shares, measure: Measure): string {
  const what = measure === 'errors' ? 'failed' : 'slower than nine in ten were'
  return `${now.of} of ${now.total} ${what}, before ${percent(before)}`
}
