import type { Deploy } from '../../../shared/model/deploy.ts'
import type { Finding, Suspect } from '../../../shared/model/verdict.ts'
import type { Around, Excuse, Subject } from '../attribution/around.ts'
import { excuseOf, isPrimary, type Spent } from '../attribution/excuse.ts'
import { rankSuspects } from '../suspects.ts'
import { nameOf } from './commits.ts'
import type { Frame } from './frame.ts'
import { cannotTellApart, clearlyLater, TOGETHER_MINUTES } from './together.ts'

export type Excused = { finding: Finding; excuse: Excuse }
export type Weighed = {
  /** What is held against the deploy, and what hurts nobody. */
  kept: Finding[]
  /** What is another's doing. */
  excused: Excused[]
  /** What may be another's doing: who could tell has not yet seen enough. */
  waiting: Excused[]
}

/** What comes along with failing or slow calls (retries, too): where those are excused, and nothing else is left, so is this. */
const ALONG = new Set<string>([
  'exception_new',
  'exception_rate',
  'log_error_rate',
  'log_pattern_new',
  'log_pattern_rate',
  'calls_per_request',
  'metric',
])

type Others = { around: Around | undefined; siblings: readonly Deploy[] }

/** Holds findings against the services around, and against later deploys of the same one: which of them are not this deploy's doing? */
export function weigh(frame: Frame, deploy: Deploy, findings: readonly Finding[], o: Others): Weighed {
  const primary = findings.filter((f) => f.harmful && isPrimary(f))
  const judged = new Map<Finding, Excused>()
  const elsewhere = new Map<Finding, string>()
  const later = primary.length === 0 ? null : ofLater(frame, deploy, clearest(primary), o.siblings)
  const spent: Spent = new Map()
  for (const finding of primary) {
    const excuse = later ?? (o.around ? excuseOf(finding, subjectOf(frame, deploy, finding), o.around, spent) : null)
    if (excuse?.state === 'open') elsewhere.set(finding, excuse.words)
    else if (excuse) judged.set(finding, { finding, excuse })
  }
  const first = judged.get(primary[0]!)
  if (first && judged.size === primary.length)
    for (const finding of findings)
      if (finding.harmful && ALONG.has(finding.signal)) judged.set(finding, { finding, excuse: first.excuse })
  const all = [...judged.values()]
  return {
    kept: findings.filter((f) => !judged.has(f)).map((f) => pointing(f, elsewhere.get(f))),
    excused: all.filter((e) => e.excuse.state === 'excused'),
    waiting: all.filter((e) => e.excuse.state === 'wait'),
  }
}

const pointing = (f: Finding, words: string | undefined): Finding =>
  words ? { ...f, reason: `${f.reason}; ${words}` } : f

const clearest = (findings: readonly Finding[]): Finding => findings.reduce((a, b) => (b.p_value < a.p_value ? b : a))

/** A deploy without a build of its own is compared over the whole service: what began with a later one is that one's. */
function ofLater(frame: Frame, deploy: Deploy, finding: Finding, siblings: readonly Deploy[]): Excuse | null {
  if (frame.build) return null
  const later = clearlyLater(frame, finding, deploy, siblings)
  return later && { state: 'excused', words: `it began with ${nameOf(later)}`, origin: later }
}

/** Whose doing it could be, in order; `set`: the deploys of this service among which it cannot be told. */
export type Blame = { set: Deploy[]; words: string; suspects: Suspect[] }

/** Names the suspects for what was found and for what was excused. */
export function blameOf(
  frame: Frame,
  deploy: Deploy,
  weighed: Weighed,
  o: Others & { together: readonly Deploy[] },
): Blame {
  const harmful = weighed.kept.filter((f) => f.harmful)
  const told = [...harmful, ...weighed.excused.map((e) => e.finding)]
  if (told.length === 0) return { set: [deploy], words: '', suspects: [] }
  const near = o.siblings.filter(
    (d) => d.id !== deploy.id && !o.together.includes(d) && Math.abs(minutesFrom(d, deploy)) < TOGETHER_MINUTES,
  )
  // Its own build shows it, or the whole service does: a flag that was turned on with it cannot be told from it.
  const flags = near.filter((d) => (d.kind === 'config' || d.kind === 'flag') && !frame.concurrent)
  const set =
    harmful.length > 0 ? cannotTellApart(frame, clearest(harmful), [deploy, ...o.together, ...flags]) : [deploy]
  const onsetMs = Math.min(...told.map((f) => Date.parse(f.started_at)))
  const cleared = weighed.excused[0]
  const suspects = rankSuspects({
    service: deploy.service,
    onsetMs,
    near: [...new Map([...(o.around?.near ?? []), ...o.siblings, deploy].map((d) => [d.id, d])).values()].filter(
      (d) => d.previous_id !== null || d.kind === 'config' || d.kind === 'flag' || d.id === deploy.id,
    ),
    calls: o.around?.calls ?? [],
    split: new Set(harmful.some((f) => f.baseline === 'concurrent') ? [deploy.id] : []),
    regressed: new Set(weighed.excused.flatMap((e) => e.excuse.origin?.id ?? [])),
    cleared: new Map(harmful.length === 0 && cleared ? [[deploy.id, cleared.excuse.words]] : []),
  })
  return { set, words: saying(set, deploy), suspects }
}

const minutesFrom = (a: Deploy, b: Deploy): number => (Date.parse(a.started_at) - Date.parse(b.started_at)) / 60_000

function saying(set: readonly Deploy[], deploy: Deploy): string {
  if (set.length > 1) return `; one of these ${set.length} deploys did it: ${set.map(nameOf).join(', ')}`
  return set[0]!.id === deploy.id ? '' : `; it began with ${nameOf(set[0]!)}, minutes before`
}

function subjectOf(frame: Frame, deploy: Deploy, finding: Finding): Subject {
  const at = (slot: number) => slot + frame.window.fromMinute
  const onset = Date.parse(finding.started_at) / 60_000
  const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
  return {
    deploy,
    window: frame.window,
    mine: frame.index.mine,
    beside: frame.concurrent,
    before: frame.baseline.map(at),
    since: range(onset, at(frame.end)),
    clean: range(at(frame.from), onset),
  }
}

/** One sentence: what it is, and why it is not held against the deploy. */
export const wordsOf = ({ finding, excuse }: Excused): string =>
  `${finding.reason}; not held against this deploy: ${excuse.words}${excuse.origin ? `; ${excuse.origin.service} ${nameOf(excuse.origin)} was deployed then` : ''}`
