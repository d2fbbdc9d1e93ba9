import type { Deploy } from '../../../shared/model/deploy.ts'
import { ms } from '../../../shared/state/deploy-merge.ts'
import type { Point } from '../rolling/lines.ts'
import type { Call } from '../suspects.ts'
import type { Series, Window } from '../window/window.ts'

/** What is known of the services around the one that is judged, in the same environment. */
export type Around = {
  /** Entry and client spans of the services it calls, of those that these call, and of the others that call them: by service. */
  windows: ReadonlyMap<string, Window>
  /** Every minute of each service of the environment as a whole, by service and epoch minute. */
  lines: ReadonlyMap<string, ReadonlyMap<number, Point>>
  /** Who calls whom. */
  calls: readonly Call[]
  /** Deploys of the environment from an hour before the change on, of any service. */
  near: readonly Deploy[]
}

/** The service behind the far side of a client span: its name, or the first label of its host name; null where it sends no telemetry. */
export function serviceOf(peer: string, around: Pick<Around, 'windows'>): string | null {
  const label = peer.split(/[.:/]/, 1)[0] ?? ''
  return [peer, label].find((name) => around.windows.has(name)) ?? null
}

/** Epoch minute in which a deploy began. */
export const beganAt = (d: Deploy): number => Math.floor(ms(d.started_at) / 60_000)

/** Whether a deploy changed anything: the first version of a service ever seen had nothing before it. */
export const isChange = (d: Deploy): boolean => d.previous_id !== null || d.kind === 'config' || d.kind === 'flag'

/** What a deploy's own service shows, with the minutes that are compared. */
export type Subject = {
  deploy: Deploy
  window: Window
  /** Series of the new build; all of the service where none is told apart. */
  mine: ReadonlySet<Series>
  /** The old version has enough traffic in the same minutes, and does not show the finding. */
  beside: boolean
  /** Epoch minutes of the baseline, and of the change up to now. */
  before: readonly number[]
  since: readonly number[]
  /** Epoch minutes in which the new build had run without the change. */
  clean: readonly number[]
}

/**
 * Why a finding is not the deploy's: the words for it, and whose deploy it is where one is known. `open`: it stays the deploy's, and the words say where
 * else to look, since nobody can tell.
 */
export type Excuse = { state: 'excused' | 'wait' | 'open'; words: string; origin: Deploy | null }

/** A service that was deployed this long before the change is no untouched control: the half-life of a suspicion (suspects.ts). */
const TOUCHED_MINUTES = 10
/** Two deploys in the same two minutes are equally near to a change, as for its onset (decide/onset.ts). */
export const SLACK_MINUTES = 2

/** Whether a service was itself deployed when the change of the subject began. */
export function touched(service: string, subject: Subject, around: Around): boolean {
  const onset = subject.since[0]!
  const first = Math.min(onset - TOUCHED_MINUTES, beganAt(subject.deploy) - SLACK_MINUTES)
  return around.near.some((d) => d.service === service && isChange(d) && beganAt(d) >= first && beganAt(d) <= onset + 1)
}
