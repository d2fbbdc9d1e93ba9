import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Checked, Finding, Verdict, VerdictWord } from '../../../shared/model/verdict.ts'
import type { Around } from '../attribution/around.ts'
import type { Sensitivity } from '../judge/index.ts'
import type { Window } from '../window/window.ts'
import { arrange } from './arrange.ts'
import { commitsOf, nameOf } from './commits.ts'
import { blameOf, type Weighed, weigh, wordsOf } from './excused.ts'
import { combineFamilies, LARGE_LATENCY } from './families.ts'
import { findingOf } from './finding.ts'
import { type Frame, frameOf, minuteIso } from './frame.ts'
import { gather } from './gather.ts'
import { powerOf } from './power.ts'
import { rolledOut } from './rolled-out.ts'
import type { Day } from './season.ts'
import { minutesText, type Signal, signalId } from './signal.ts'
import { silence } from './silence.ts'
import { soonAfter, togetherWith, undoneBy } from './together.ts'

/** Judged minutes from which a deploy is called unchanged, or too thin: the shorter of the two usual alert windows. */
const DECIDE_MINUTES = 5
/** Sooner only what is beyond doubt, and never from one minute; young processes are slow, so slowness must be large. */
const EARLY_P = 1e-4
const EARLY_MINUTES = 2
/** Judged minutes for which a finding must have stood before it stays, whatever comes after it in the watch. */
const STICKY_MINUTES = 5

/** A quiet service whose watch ended this long ago by the wall clock: an import that is complete. */
const AFTERWARDS_MS = 10 * 60_000

export type DecideOptions = {
  settleMinutes: number
  watchMinutes: number
  sensitivity: Sensitivity
  /** Newest closed minute of the service, epoch minutes. */
  closedMinute: number
  /** Nothing more of the service has arrived for a while: what there is must do. */
  quiet: boolean
  /** Other services still send: silence of this one is its own. */
  othersAlive: boolean
  excluded: ReadonlySet<number>
  /** The same hours of earlier days, newest first. */
  seasonal?: readonly Day[]
  /** Rules by which something was masked before the deploy, and the epoch minute in which each did first. */
  maskedBefore?: ReadonlyMap<string, number>
  /** Deploys of the same service, this one among them or not. */
  siblings?: readonly Deploy[]
  /** The services around; absent where they were not read, and then nothing is another's doing. */
  around?: Around | undefined
  /** The verdict of the look before, null at the first. */
  before: Verdict | null
  nowMs: number
}

type Answer = ReturnType<typeof combineFamilies>

/** Judges one deploy from what is known of its service. Pure: the same window and options give the same verdict. */
export function decide(window: Window, deploy: Deploy, o: DecideOptions): Verdict {
  const siblings = o.siblings ?? []
  const together = togetherWith(deploy, siblings)
  const frame = frameOf(window, deploy, { ...o, together, undone: undoneBy(deploy, siblings) })
  const signals = [...gather(frame, o.sensitivity), ...silence(frame, o)]
  const firing = new Set(
    (o.before?.verdict === 'regressed' ? o.before.findings : [])
      .filter((f) => f.harmful)
      .map((f) => signalId({ name: f.signal, dimension: f.dimension })),
  )
  const combined = combineFamilies(signals, firing, o.sensitivity, frame.end - rolledOut(frame))
  const byId = new Map(signals.map((s) => [signalId(s), s]))
  const found = arrange(combined.findings.map((f) => findingOf(frame, byId.get(f.signal)!, f)))
  const weighed = weigh(frame, deploy, found, { around: o.around, siblings })
  const findings = weighed.kept
  const power = powerOf(frame, signals)
  const end = frame.start + window.fromMinute + o.watchMinutes
  const over = end <= o.closedMinute + 1 || (o.quiet && end * 60_000 + AFTERWARDS_MS <= o.nowMs)
  const word = wordOf(frame, weighed, signals, o, over)
  const blame = blameOf(frame, deploy, weighed, { around: o.around, siblings, together })
  const next = soonAfter(deploy, siblings)
  const followed = next ? `; ${nameOf(next)} followed within minutes, and its verdict is on both` : ''
  const verdict: Verdict = {
    deploy_id: deploy.id,
    service: deploy.service,
    environment: deploy.environment,
    version: deploy.version,
    commit: deploy.commit,
    verdict: word.verdict,
    reason: `${word.reason}${word.verdict === 'regressed' ? blame.words : followed}`,
    score: scoreOf(combined, word.verdict),
    decided_at: null,
    updated_at: new Date(o.nowMs).toISOString(),
    window: {
      baseline: {
        from: minuteIso(frame, frame.baseline[0] ?? Math.max(0, frame.start)),
        to: minuteIso(frame, (frame.baseline.at(-1) ?? Math.max(0, frame.start) - 1) + 1),
      },
      current: { from: minuteIso(frame, Math.max(0, frame.from)), to: minuteIso(frame, Math.max(0, frame.end)) },
    },
    findings,
    checked: checkedOf(signals, combined, weighed),
    power,
    commits: commitsOf(deploy, blame.set),
    suspects: blame.suspects,
    final: over,
  }
  return weighed.excused.length > 0 ? decided(verdict, o.before) : hold(verdict, frame, o)
}

/** Findings that say only that something is no longer asked for. */
const ABSENT = new Set<string>(['throughput', 'route_vanished', 'dependency_vanished', 'log_pattern_vanished'])

/** The word, and one sentence for people. */
function wordOf(
  frame: Frame,
  weighed: Weighed,
  signals: readonly Signal[],
  o: DecideOptions,
  over: boolean,
): { verdict: VerdictWord; reason: string } {
  const findings = weighed.kept
  const power = powerOf(frame, signals)
  // Where there are too few requests to tell anything, that there are few must not be the verdict: silence has its own signal.
  const thin = power.needs !== null && findings.every((f) => !f.harmful || ABSENT.has(f.signal))
  const harmful = thin ? [] : findings.filter((f) => f.harmful)
  const judged = frame.end - frame.from
  const slowness = (f: Finding) => f.signal === 'latency' || f.signal === 'dependency_latency'
  const sure = (f: Finding) => f.p_value <= EARLY_P && (!slowness(f) || f.effect >= LARGE_LATENCY)
  const soon = harmful.some((f) => f.signal === 'silence' || (judged >= EARLY_MINUTES && sure(f)))
  const early = judged < DECIDE_MINUTES && !over && !o.quiet && !soon
  if (harmful.length > 0 && !early)
    return {
      verdict: 'regressed',
      reason: harmful[0]!.reason + (harmful.length > 1 ? `; and ${harmful.length - 1} more` : ''),
    }
  const [excused, waiting] = [weighed.excused[0], over || o.quiet ? undefined : weighed.waiting[0]]
  if (waiting) return { verdict: 'pending', reason: `${waiting.finding.reason}; ${waiting.excuse.words}` }
  if (excused && !early) return { verdict: 'no_difference', reason: wordsOf(excused) }
  const wait =
    (early && harmful.length > 0) ||
    (!over && !o.quiet && o.closedMinute - frame.window.fromMinute + 1 - frame.from < DECIDE_MINUTES)
  if (wait)
    return {
      verdict: 'pending',
      reason: `${Math.max(0, judged)} of ${DECIDE_MINUTES} minutes judged so far; ${soFar(power.needs, harmful)}`,
    }
  if (frame.unseen && frame.requestsOfAll > 0)
    return {
      verdict: 'insufficient_data',
      reason: `nothing of version ${frame.build?.version || frame.build?.commit} was seen since it was announced; the service still runs another`,
    }
  if (frame.requests.baseline === 0 && !frame.concurrent)
    return {
      verdict: 'insufficient_data',
      reason: `nothing to compare with: no request in the ${minutesText(Math.max(0, frame.start))} before this deploy`,
    }
  if (power.needs !== null)
    return {
      verdict: 'insufficient_data',
      reason: `${frame.requestsSoFar} requests since the deploy are too few to tell: it needs ${power.needs}`,
    }
  const better = findings.find(
    (f) => !f.harmful && ['error_ratio', 'latency', 'dependency_error_ratio', 'dependency_latency'].includes(f.signal),
  )
  if (better && judged >= DECIDE_MINUTES) return { verdict: 'improved', reason: better.reason }
  const count = signals.filter((s) => s.judgement.judgement !== 'nodata').length
  return {
    verdict: 'no_difference',
    reason: `${count} signals compared over ${judged} minutes and ${frame.requests.current} requests: none differs by more than its baseline allows`,
  }
}

/** What the first minutes of a watch show, before they are enough to decide on. */
function soFar(needs: string | null, harmful: readonly Finding[]): string {
  if (needs !== null) return `it needs ${needs}`
  const first = harmful[0]
  return first ? `it looks worse, and is decided if that holds: ${first.reason}` : 'no difference yet'
}

/** 0 … 1 for ranking; at least a half exactly where it regressed. */
const scoreOf = (combined: Answer, word: VerdictWord): number =>
  word === 'regressed' ? Math.max(0.5, combined.score) : Math.min(0.49, combined.score)

function checkedOf(signals: readonly Signal[], combined: Answer, weighed: Weighed): Checked[] {
  const idOf = (f: Finding) => signalId({ name: f.signal, dimension: f.dimension })
  const found = new Set(weighed.kept.map(idOf))
  const others = [...weighed.excused, ...weighed.waiting].map((e) => [idOf(e.finding), wordsOf(e)] as const)
  const gone = new Map([...combined.dismissed.map((d) => [d.signal, d.reason] as const), ...others])
  return signals.map((s) => {
    const id = signalId(s)
    return {
      signal: s.name,
      dimension: s.dimension,
      outcome: found.has(id) ? 'finding' : s.judgement.judgement === 'nodata' ? 'thin' : 'pass',
      reason: gone.get(id) ?? s.judgement.reason,
      n: s.judgement.n,
      smallest_effect: s.judgement.power.smallestEffect,
    }
  })
}

/** What was decided stands against what is merely thinner now. */
function hold(next: Verdict, frame: Frame, o: DecideOptions): Verdict {
  const { before } = o
  if (!before) return decided(next, before)
  const heldMinutes = Math.min(
    ...before.findings
      .filter((f) => f.harmful)
      .map((f) => (Date.parse(before.window.current.to) - Date.parse(f.started_at)) / 60_000),
  )
  const sameStart = before.window.current.from === next.window.current.from
  if (
    before.verdict === 'regressed' &&
    next.verdict !== 'regressed' &&
    sameStart &&
    heldMinutes >= STICKY_MINUTES &&
    next.power.requests.current >= before.power.requests.current
  )
    return {
      ...next,
      verdict: 'regressed',
      reason: before.reason,
      findings: before.findings,
      score: before.score,
      suspects: before.suspects,
      commits: before.commits,
      decided_at: before.decided_at,
    }
  const thinner = next.verdict === 'pending' || next.verdict === 'insufficient_data'
  if (
    before.verdict === 'no_difference' &&
    thinner &&
    frame.requests.current >= before.power.requests.current &&
    sameStart
  )
    return { ...next, verdict: 'no_difference', reason: before.reason, decided_at: before.decided_at }
  return decided(next, before)
}

/** With the time of its decision, which is that of the first look that said the same. */
function decided(v: Verdict, before: Verdict | null): Verdict {
  const same = before && before.verdict === v.verdict && before.decided_at
  return { ...v, decided_at: v.verdict === 'pending' ? null : same ? before.decided_at : v.updated_at }
}
