import { describe, expect, it } from 'vitest'
import { judgeRollout, type RolloutSignal } from '../../../services/detector/judge/index.ts'

const T0 = 1_700_000_000
const STEP_S = 60
type Values = readonly (number | null)[]
const samples = (values: Values, t0: number) => values.map((v, i) => [t0 + STEP_S * i, v] as const)
const signal = (kind: RolloutSignal['kind'], before: Values, control: Values, current: Values): RolloutSignal => ({
  name: kind,
  kind,
  before: samples(before, T0 - STEP_S * before.length),
  control: samples(control, T0),
  current: samples(current, T0),
})
/** Around `level`: 95, 100 and 105 % of it in turn. */
const around = (n: number, level: number) => Array.from({ length: n }, (_, i) => level * [0.95, 1, 1.05][i % 3]!)
const same = (n: number, v: number | null) => Array<number | null>(n).fill(v)
const judge = (...signals: RolloutSignal[]) => judgeRollout({ id: 'r', t0: T0, signals })
const latency = (level: number) => signal('latency', around(60, 100), around(22, 100), around(22, level))
const minute = (k: number) => T0 + STEP_S * k

describe('the looks at a rollout', () => {
  /** Slow from bucket `from` on, `n` buckets in all. */
  const late = (from: number, n: number) =>
    judge(signal('latency', around(40, 100), [], [...around(from, 100), ...around(n - from, 1000)])).alertAt
  it('are after each of the first 24 buckets, then at each window length, and after the last', () => {
    expect(late(0, 3)).toBe(minute(3))
    expect(late(6, 24)).toBeLessThanOrEqual(minute(24))
    expect([minute(32), minute(40)]).toContain(late(24, 40))
    expect(late(31, 37)).toBe(minute(37))
  })
  it('see what has passed, of the new version and of the old one: what comes later changes no alert', () => {
    const slow = around(12, 200)
    const first = judge(signal('latency', around(40, 100), around(12, 100), slow)).alertAt
    const shared = judge(
      signal('latency', around(40, 100), [...around(12, 100), ...around(6, 200)], [...slow, ...around(6, 100)]),
    )
    expect(first).toBe(minute(3))
    expect(shared.alertAt).toBe(first)
  })
  it('see so of counted failures, too', () => {
    const all = (n: number) => signal('throughput', same(40, 100), same(n, 100), same(n, 20))
    const then = (later: number) =>
      signal('success', same(40, 0.99), [...same(2, 0.99), ...same(2, later)], [...same(2, 0.6), ...same(2, 0.99)])
    expect(judge(all(4), then(0.99)).alertAt).toBe(minute(1))
    expect(judge(all(4), then(0.2)).alertAt).toBe(minute(1))
    const fine = signal('success', same(40, 0.99), same(4, 0.99), [...same(3, 1), 0])
    expect(judge(all(4), fine).alertAt).toBe(minute(4))
  })
})

describe('young processes', () => {
  const fine = signal('success', same(60, 99.5), same(30, 99.5), same(30, 99.5))
  const slow = (n: number, level: number, then: number, after: number) =>
    signal('latency', around(60, 100), around(n + after, 100), [...around(n, level), ...around(after, then)])
  const cold = (n: number, level: number, then = 100, after = 18) => judge(fine, slow(n, level, then, after))
  it('that are slow until they are warm, and no longer, are none the worse for it', () =>
    expect(cold(4, 200)).toMatchObject({ verdict: 'no_difference', alertAt: null }))
  it('are, where some of it stays: half of what would be found anew', () => {
    const found = judge(fine, latency(105)).verdict
    const [small, held] = [judge(fine, latency(102)).verdict, cold(4, 200, 102).verdict]
    expect([found, small, held]).toEqual(['regressed', 'no_difference', 'regressed'])
  })
  it('are, where they are slow again after it, for a while', () => {
    const later = [...around(4, 200), ...around(8, 100), ...around(9, 200), ...around(12, 100)]
    const a = judge(fine, signal('latency', around(60, 100), around(33, 100), later))
    expect(a.verdict).toBe('regressed')
  })
  it('are not thought of where there is but one series', () =>
    expect(judge(slow(4, 200, 100, 18)).verdict).toBe('regressed'))
  it('are, where they are slow for longer, or the rollout ends before it can be told', () => {
    expect(cold(9, 200).verdict).toBe('regressed')
    expect(judge(slow(4, 200, 100, 4), signal('success', same(60, 99.5), same(8, 99.5), same(8, 99.5)))).toMatchObject({
      verdict: 'regressed',
      alertAt: minute(3),
    })
  })
  it('are, where requests failed meanwhile', () => {
    const success = signal('success', same(60, 99.5), same(22, 99.5), [...same(4, 60), ...same(18, 99.5)])
    expect(judge(success, slow(4, 200, 100, 18)).verdict).toBe('regressed')
  })
})

describe('silence, look by look', () => {
  it('is broken by what was served until then, not by what comes after', () => {
    const woken = signal('latency', around(40, 100), around(8, 100), [...same(6, null), ...around(2, 100)])
    expect(judge(woken).alertAt).toBe(minute(5))
  })
  /** Ten minutes with requests, then ten with `then`, beside an old version that has them all along. */
  const ended = (then: number | null, ...more: RolloutSignal[]) =>
    judge(
      signal('throughput', around(60, 100), around(20, 50), [...around(10, 50), ...same(10, then)]),
      latency,
      ...more,
    )
  const latency = signal('latency', around(60, 100), around(20, 100), [...around(10, 100), ...same(10, null)])
  it('is a symptom in the last five minutes, too, where the new version still shows that it is there', () => {
    const a = ended(0)
    expect(a).toMatchObject({ verdict: 'regressed', alertAt: minute(15) })
    expect(a.reason).toContain('no request in the last 5 buckets')
    expect(ended(null, signal('resource', around(60, 1), around(20, 1), around(20, 1))).verdict).toBe('regressed')
  })
  it('is none before five minutes, however many samples they have', () => {
    const at15s = (of: RolloutSignal['current']) => of.map(([ts, v]) => [T0 + (ts - T0) / 4, v] as const)
    const all = signal('throughput', around(60, 100), around(40, 50), [...around(10, 50), ...same(30, 0)])
    const judged = (n: number) =>
      judge(
        {
          ...all,
          before: at15s(all.before),
          control: at15s(all.control.slice(0, n)),
          current: at15s(all.current.slice(0, n)),
        },
        {
          ...latency,
          before: at15s(latency.before),
          control: at15s(latency.control.slice(0, n)),
          current: at15s(latency.current.slice(0, 10)),
        },
      ).verdict
    expect([judged(29), judged(40)]).toEqual(['no_difference', 'regressed'])
  })
  it('is none where nothing at all comes from it any more: it was taken away', () =>
    expect(ended(null)).toMatchObject({ verdict: 'no_difference', alertAt: null }))
  it('is none of a version that had a request now and then', () => {
    const now = signal('throughput', around(60, 9), around(20, 8), [1, 1, 1, 0, 1, 1, 0, 1, 1, 1, ...same(10, 0)])
    expect(judge(now, { ...latency, current: [] }).verdict).not.toBe('regressed')
  })
  it('is what a latency of 0 says', () => {
    const zero = signal('latency', around(60, 100), around(8, 100), same(8, 0))
    expect(judge(zero)).toMatchObject({ verdict: 'regressed', alertAt: minute(5) })
    const idle = signal(
      'latency',
      [...around(40, 100), 0, 0, 0],
      around(12, 100),
      [0, 100, 0, 105, 95, 0, 100, 0, 95, 100, 0, 105],
    )
    expect(judge(idle).verdict).toBe('no_difference')
  })
  it('looks back before the deploy twice as long as since', () => {
    // Busy an hour ago, idle for the last ten minutes.
    const idle = signal('latency', [...around(40, 100), ...same(10, null)], [], same(5, null))
    expect(judge(idle).verdict).toBe('insufficient_data')
    const busy = signal('latency', [...same(40, null), ...around(10, 100)], [], same(5, null))
    expect(judge(busy)).toMatchObject({ verdict: 'regressed', alertAt: minute(5) })
  })
  it('is not where requests came and only their latency is missing', () => {
    const served = signal('throughput', around(40, 100), around(6, 100), around(6, 100))
    expect(judge(signal('latency', around(40, 100), around(6, 100), same(6, null)), served).reason).not.toContain(
      'served no request',
    )
  })
  it('is where a balancer counts none, whatever a probe measured', () => {
    const counted = signal('throughput', around(40, 100), around(6, 100), same(6, 0))
    const probed = signal('latency', around(40, 100), around(6, 100), around(6, 100))
    expect(judge(counted, probed).reason).toContain('served no request')
  })
})

describe('what a rollout is told of requests', () => {
  const cpu = signal('resource', around(40, 100), around(3, 100), around(3, 200))
  it.each(['latency', 'success', 'error'] as const)('is %s: with it young resources prove nothing', (kind) => {
    const level = kind === 'latency' ? 100 : 0.5
    expect(judge(cpu).verdict).toBe('regressed')
    expect(judge(cpu, signal(kind, around(40, level), around(3, level), around(3, level))).verdict).toBe(
      'no_difference',
    )
  })
  it('is not judged twice: success beside throughput is counted, not a series of its own', () => {
    const requests = signal('throughput', same(40, 100), [], same(6, 100))
    const success = signal('success', same(40, 0.99), [], same(6, 0.6))
    expect(judge(requests, success).reason).toMatch(/^failed requests: [^;]*$/)
    expect(judge(requests, success, signal('latency', around(40, 100), [], around(6, 300))).reason).toMatch(
      /; and 1 more$/,
    )
  })
  it('may have gaps before: minutes without a value count for nothing', () => {
    const gaps = (values: Values) => values.flatMap((v) => [v, null])
    const requests = signal('throughput', gaps(same(40, 100)), gaps(same(4, 100)), gaps(same(4, 20)))
    const success = signal('success', gaps(same(40, 0.99)), gaps(same(4, 0.99)), gaps(same(4, 0.6)))
    expect(judge(requests, success)).toMatchObject({ verdict: 'regressed', alertAt: minute(1) })
    expect(judge(requests, { ...success, current: samples(gaps(same(4, 0.99)), T0) }).verdict).toBe('no_difference')
  })
})
