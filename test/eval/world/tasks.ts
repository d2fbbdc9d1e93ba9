import { type Random, randomFrom } from '../generate/random.ts'
import { INCIDENTS } from './incidents.ts'
import { KINDS, type Kind } from './kinds.ts'
import { claim, SCENARIOS, scenario } from './scenario.ts'
import { watch } from './watch.ts'

/** One world to draw and watch; `set` and `name` say which, `index` seeds it. */
export type Task = { set: 'kind' | 'scenario' | 'claim'; name: string; index: number }
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
  full: { unchanged: 1000, kind: 30, scenario: 200, claim: 100 },
  quick: { unchanged: 10, kind: 1, scenario: 5, claim: 3 },
} as const

export function tasksOf(counts: (typeof COUNTS)['full' | 'quick'], only?: string): Task[] {
  const many = (set: Task['set'], name: string, n: number): Task[] =>
    Array.from({ length: n }, (_, index) => ({ set, name, index }))
  return [
    ...Object.keys(ALL).flatMap((k) => many('kind', k, k === 'unchanged' ? counts.unchanged : counts.kind)),
    ...Object.keys(SCENARIOS).flatMap((k) => many('scenario', k, counts.scenario)),
    ...['errors', 'latency'].flatMap((k) => many('claim', k, counts.claim)),
  ].filter((t) => !only || t.name === only)
}

/** Another stream for every world of every sort (FNV-1a over its name). */
function seedOf(task: Task): number {
  let h = 0x811c9dc5
  for (const c of `${task.set} ${task.name} ${task.index}`) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193)
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
