import type { Random } from '../generate/random.ts'
import { releaseOf, service } from './kinds.ts'
import { deployOf, type Effect, type World } from './spec.ts'
import { watch } from './watch.ts'

/** Minutes watched before a claim is taken at its word. */
const CLAIM_MINUTES = 20
const SCENARIO_MINUTES = 10
/** "(all)" of the scenario's worlds: 40 requests a minute over three routes. */
const BAD = '/pay'

export const SCENARIOS = {
  'same as before': { harm: false, effect: {}, traffic: 1 },
  '12 % errors on one route': { harm: true, effect: { fail: 0.11 }, traffic: 1 },
  'doubled latency on one route': { harm: true, effect: { slow: 2 }, traffic: 1 },
  'ten requests in all': { harm: false, effect: {}, traffic: 1 / 40 },
} satisfies Record<string, { harm: boolean; effect: Effect; traffic: number }>

/** Two hours of 40 requests a minute over three routes at 1 % errors, then ten minutes of a new version. */
export function scenario(name: keyof typeof SCENARIOS, r: Random): boolean {
  const { effect, traffic } = SCENARIOS[name]
  const spec = service(r, {
    perMinute: 40,
    routes: ['/cart', '/search', BAD].map((key) => ({ key, perMinute: 40 / 3, errorShare: 0.01, ms: 80, sigma: 0.4 })),
    releases: [releaseOf('v1', -1e6, 'at-once'), releaseOf('v2', 0, 'at-once')],
    wave: 0,
    traffic: (minute) => (minute < 0 ? 1 : traffic),
    fault: ({ version, route }) => (version === 'v2' && route === BAD ? effect : null),
  })
  const world: World = {
    history: 120,
    services: [spec],
    deploys: [deployOf('shop', 'v2', 0, 'v1')],
    guilty: null,
    onset: 0,
  }
  return watch(world, r, SCENARIO_MINUTES).seen[0]!.regressedAt !== null
}

export type Claim = { of: 'errors' | 'latency'; found: boolean }

/** What an unchanged world claims it would have seen, put into another world like it: was it seen? Null where nothing was claimed. */
export function claim(of: Claim['of'], seed: number, random: (seed: number) => Random): Claim | null {
  const draw = (effect: Effect | null, streamSeed: number) => {
    const r = random(seed)
    const spec = service(r, { roll: 'at-once', fault: ({ version }) => (version === 'v2' ? effect : null) })
    const world: World = {
      history: 180,
      services: [spec],
      deploys: [deployOf('shop', 'v2', 0, 'v1')],
      guilty: null,
      onset: 0,
    }
    return watch(world, random(streamSeed), CLAIM_MINUTES).seen[0]!
  }
  const { last } = draw(null, seed + 1)
  const e = of === 'errors' ? last.power.smallest_error_ratio : last.power.smallest_latency
  if (last.verdict !== 'no_difference' || e === null) return null
  const again = draw(of === 'errors' ? { fail: e } : { slow: 1 + e }, seed + 2)
  return { of, found: again.regressedAt !== null }
}
