import { expect, it } from 'vitest'
import { randomFrom } from '../../eval/generate/random.ts'
import { INCIDENTS } from '../../eval/world/incidents.ts'
import { service, world } from '../../eval/world/kinds.ts'
import { SCENARIOS, scenario } from '../../eval/world/scenario.ts'
import { COUNTS, run, type Task, tasksOf } from '../../eval/world/tasks.ts'
import { watch } from '../../eval/world/watch.ts'

const SEEDS = [1, 2, 3, 4, 5]

for (const [name, { harm }] of Object.entries(SCENARIOS))
  it(`${harm ? 'finds' : 'blames no deploy for'} ${name} after two hours of 40 requests a minute`, () => {
    const answers = SEEDS.map((seed) => scenario(name as keyof typeof SCENARIOS, randomFrom(seed)))
    expect(answers).toEqual(SEEDS.map(() => harm))
  })

//  latency   |        \
//            | ________ \_____   warm-up, 40 % slower at first
//                      ^ deploy
it('takes the slow first minutes of young processes for no regression', () => {
  for (const seed of SEEDS) {
    const r = randomFrom(seed)
    const spec = service(r, { perMinute: 150, roll: 'at-once', drift: 0.02 })
    const [seen] = watch({ ...world(r, [spec], null), history: 120 }, r, 20).seen
    expect(seen!.regressedAt, seen!.reason).toBeNull()
  }
})

//  errors   |      ____
//           | ____/    \____
//                 ^ v2   ^ back to v1
it('holds what a deploy did in its few minutes against it, and not against the one that took it back', () => {
  for (const seed of SEEDS) {
    const r = randomFrom(seed)
    const [bad, back] = watch(INCIDENTS['rolled back in minutes']!.of(r), r, 20).seen
    expect(bad!.deploy.version).toBe('v2')
    expect(bad!.regressedAt, bad!.last.reason).not.toBeNull()
    expect(back!.regressedAt, back!.reason).toBeNull()
    expect(back!.last.window.baseline.to <= bad!.deploy.started_at).toBe(true)
  }
})

it('draws the same world twice from one seed', () => {
  const once = () => {
    const r = randomFrom(9)
    return JSON.stringify(watch({ ...world(r, [service(r)], null), history: 60 }, r, 8))
  }
  expect(once()).toBe(once())
})

it('answers every world with the same bytes, whatever was drawn before it', () => {
  const tasks = tasksOf(COUNTS.quick).filter(
    (t) => t.index === 0 && ['idle', 'innocent neighbours', 'errors'].includes(t.name),
  )
  const answers = (of: Task[]) => of.map((t) => JSON.stringify(run(t))).sort()
  expect(tasks).toHaveLength(3)
  expect(answers(tasks)).toEqual(answers(tasks.toReversed()))
})
