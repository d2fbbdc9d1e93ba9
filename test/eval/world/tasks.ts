import { type Random, randomFrom } from '../generate/random.ts'
import { INCIDENTS } from './incidents.ts'
import { KINDS, type Kind } from './kinds.ts'
import { claim, SCENARIOS, scenario } from './scenario.ts'
import { watch } from './watch.ts'

/** One world to draw and watch; `set` and `name` say which, `seed` and `index` seed it. */
export type Task = { set: 'kind' | 'scenario' | 'claim'; name: string; index: number; seed: number }
export type Result = Task & {
  /** Deploys that did nothing, and those of them that were blamed, in words. */
  innocents: number
  flagged: string[]
  /** Null where no deploy is guilty, or nothing was claimed. */
  found: boolean | null
  /** Minutes from the change to the first look that called it, and the guilty deploy's place: by score then, and among the suspects of who suffers from it. */
  minutes: number | null
  rank: number | null
}

const ALL: Record<string, Kind> = { ...KINDS, ...INCIDENTS }

/** Worlds of each sort; the quick form is a look at the harness, not a measurement. */
export const COUNTS = {
  full: { unchanged: 1000, practical: 200, kind: 30, scenario: 200, claim: 200 },
  quick: { unchanged: 10, practical: 1, kind: 1, scenario: 5, claim: 3 },
} as const
/** Changes of the size that matters most: their share found is asked for to the point, so more of them are drawn. */
const PRACTICAL = ['errors +3 points', 'latency +25 %']

/** `seed`: another one draws other worlds; constants are tuned on some seeds and measured on others. */
export function tasksOf(counts: (typeof COUNTS)['full' | 'quick'], only?: string, seed = 0): Task[] {
  const many = (set: Task['set'], name: string, n: number): Task[] =>
    Array.from({ length: n }, (_, index) => ({ set, name, index, seed }))
  const countOf = (kind: string): number =>
    kind === 'unchanged' ? counts.unchanged : PRACTICAL.includes(kind) ? counts.practical : counts.kind
  return [
    ...Object.keys(ALL).flatMap((k) => many('kind', k, countOf(k))),
    ...Object.keys(SCENARIOS).flatMap((k) => many('scenario', k, counts.scenario)),
    ...['errors', 'latency'].flatMap((k) => many('claim', k, counts.claim)),
  ].filter((t) => !only || t.name === only)
}

/** Another stream for every world of every sort (FNV-1a over its name). */
function seedOf(task: Task): number {
  let h = 0x811c9dc5
  for (const c of `${task.set} ${task.name} ${task.index} ${task.seed}`) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193)
  return h >>> 0
}

export function run(task: Task): Result {
  const none = { ...task, innocents: 0, flagged: [], found: null, minutes: null, rank: null }
  const seed = seedOf(task)
  if (task.set === 'kind') return ofKind(task, randomFrom(seed))
  if (task.set === 'claim') {
    const said = claim(task.name as 'errors' | 'latency', seed, randomFrom)
    return { ...none, found: said?.found ?? null }
  }
  const name = task.name as keyof typeof SCENARIOS
  const regressed = scenario(name, randomFrom(seed))
  return SCENARIOS[name].harm
    ? { ...none, found: regressed }
    : { ...none, innocents: 1, flagged: regressed ? ['regressed'] : [] }
}

function ofKind(task: Task, r: Random): Result {
  const kind = ALL[task.name]!
  const world = kind.of(r)
  const { seen, rank, named, minutes } = watch(world, r)
  const innocents = seen.filter((s) => s.deploy.id !== world.guilty)
  const flagged = innocents
    .filter((s) => s.regressedAt !== null)
    .map(
      (s) =>
        `${s.deploy.service} ${s.deploy.version} after ${s.regressedAt! + 1} min (p ${s.last.findings[0]!.p_value.toPrecision(2)}): ${s.reason}`,
    )
  return {
    ...task,
    innocents: innocents.length,
    flagged,
    found: kind.harm ? minutes !== null : null,
    minutes,
    rank: rank && Math.max(rank, named ?? 1),
  }
}
