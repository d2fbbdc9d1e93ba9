import { expect, it } from 'vitest'
import { decide } from '../../../services/detector/decide/decide.ts'
import { addRows, emptyWindow } from '../../../services/detector/window/window.ts'
import { randomFrom } from '../../eval/generate/random.ts'
import { service, world } from '../../eval/world/kinds.ts'
import { SCENARIOS, scenario } from '../../eval/world/scenario.ts'
import { deployOf, ENVIRONMENT, T0 } from '../../eval/world/spec.ts'
import { COUNTS, run, type Task, tasksOf } from '../../eval/world/tasks.ts'
import { SHIPPED, watch } from '../../eval/world/watch.ts'

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

/** A service without any error before, `perMinute` requests; then so many failures in so many requests over ten minutes. */
function afterClean(bad: number, total: number) {
  const window = emptyWindow({ service: 's', environment: ENVIRONMENT }, T0 - 360, T0 + 75)
  const before = total / 10
  const row = (version: string, cells: [number, number, number, number][]) => ({
    service: 's',
    environment: ENVIRONMENT,
    version,
    commit: '',
    key: '/a',
    cells,
  })
  addRows(window, 'route', [
    row(
      'v1',
      Array.from({ length: 350 }, (_, i) => [T0 - 350 + i, before, 0, before] as [number, number, number, number]),
    ),
    row(
      'v2',
      Array.from({ length: 11 }, (_, i) => [
        T0 + i,
        total / 10,
        [2, 5, 8].indexOf(i) >= 0 && [2, 5, 8].indexOf(i) < bad ? 1 : 0,
        total / 10,
      ]),
    ),
  ])
  return decide(window, deployOf('s', 'v2', 0, 'v1'), {
    ...SHIPPED,
    closedMinute: T0 + 10,
    quiet: true,
    othersAlive: true,
    excluded: new Set(),
    before: null,
    nowMs: (T0 + 12) * 60_000,
  })
}

it('answers three errors in 200 after a clean history, and says what it saw', () => {
  const v = afterClean(3, 200)
  expect(v.verdict, v.reason).toBe('regressed')
  expect(v.reason).toMatch(/3 of \d+\), against 0 % before/)
})

it('takes three errors in 20,000 after a clean history as too few to matter', () => {
  const v = afterClean(3, 20_000)
  expect(v.verdict, v.reason).toBe('no_difference')
  expect(v.checked.find((c) => c.signal === 'error_ratio')?.reason).toMatch(/3 of 20000/)
})

it('decides nothing from one error in twelve requests, and says how many more it needs', () => {
  const v = afterClean(1, 12)
  expect(v.verdict, v.reason).toBe('insufficient_data')
  expect(v.reason).toMatch(/more requests/)
})
