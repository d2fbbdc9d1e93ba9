import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fisherOneSided } from '../../../services/detector/attribution/fisher.ts'
import { rankServices } from '../../../services/detector/attribution/rank_services.ts'
import { jumpsOf, type ResourceSeries } from '../../../services/detector/attribution/resources.ts'
import type { LogRow, SpanRow, Telemetry } from '../../../services/detector/attribution/telemetry.ts'
import { runs } from '../../support/property.ts'

/*
 * Each request:   web.order ─▶ cart.get ─▶ price.of
 *                     └──────▶ mail.send
 */
type Story = {
  /** Milliseconds that a call waits between the two. */
  wait?: (caller: string, callee: string) => number
  /** Log lines of a span; the usual ones without it. `null`: the span does not happen, nor what it calls. */
  logs?: (service: string, i: number, usual: string[]) => string[] | null
}

function requests(n: number, { wait = () => 2, logs = (_s, _i, usual) => usual }: Story = {}): Telemetry {
  const spans: SpanRow[] = []
  const lines: LogRow[] = []
  const call = (
    i: number,
    service: string,
    parent: SpanRow | null,
    callees: [string, [string, []][]][],
  ): SpanRow | null => {
    const texts = logs(service, i, [`${service} begins`, `${service} is done`])
    if (texts === null) return null
    const span: SpanRow = {
      spanId: `${i}/${service}`,
      parentId: parent?.spanId ?? '',
      service,
      operation: 'do',
      startMs: i,
      durationMs: 5,
    }
    spans.push(span)
    for (const text of texts) {
      lines.push({ spanId: span.spanId, service, statement: text, error: text.startsWith('ERROR'), text })
    }
    for (const [callee, further] of callees) {
      const client = {
        ...span,
        spanId: `${i}/${service}>${callee}`,
        parentId: span.spanId,
        operation: `call ${callee}`,
      }
      const child = call(i, callee, client, further)
      if (child === null) continue
      client.durationMs = child.durationMs + wait(service, callee)
      span.durationMs += client.durationMs
      spans.push(client)
    }
    return span
  }
  for (let i = 0; i < n; i++)
    call(i, 'web', null, [
      ['cart', [['price', []]]],
      ['mail', []],
    ])
  return { spans, logs: lines }
}

const ask = (now: Telemetry, before = requests(40), resources: ResourceSeries[] = []) =>
  rankServices({ before, now, resources })
const names = (now: Telemetry) => ask(now).suspects.map((s) => s.node)

describe('a defect in code', () => {
  it('is found by the statement that an early return leaves out', () => {
    const now = requests(30, { logs: (s, _i, usual) => (s === 'cart' ? usual.slice(0, 1) : usual) })
    const ranking = ask(now)
    expect(ranking.suspects[0]).toMatchObject({ node: 'cart', role: 'origin' })
    expect(ranking.suspects[0]!.evidence[0]).toBe(
      'do: the log line "cart is done" is missing: in 0 of 30 spans, before in 40 of 40',
    )
  })

  it('is found by an error that was never seen, in a part of the requests', () => {
    const now = requests(30, { logs: (s, i, usual) => (s === 'price' && i % 4 === 0 ? ['ERROR no price'] : usual) })
    expect(names(now)[0]).toBe('price')
  })

  it('is blamed on the deepest service that shows it in the same traces, not on the callers that fail with it', () => {
    const now = requests(30, {
      logs: (s, i, usual) => (i % 3 > 0 || s === 'mail' ? usual : [`ERROR ${s} failed`]),
    })
    const { suspects } = ask(now)
    expect(suspects[0]!.node).toBe('price')
    expect(suspects.filter((s) => s.node !== 'price').every((s) => s.role === 'affected')).toBe(true)
    expect(suspects.find((s) => s.node === 'web')!.evidence.join()).toContain('shows a symptom below it')
  })

  it('is found by a call that no longer happens', () => {
    const now = requests(30, { logs: (s, _i, usual) => (s === 'mail' ? null : usual) })
    const ranking = ask(now)
    expect(ranking.suspects[0]!.node).toBe('web')
    expect(ranking.suspects[0]!.evidence[0]).toContain('the call of call mail in web is missing')
  })
})

describe('a slow place', () => {
  it('is the service whose every call waits, not the one that calls it among others', () => {
    const now = requests(30, { wait: (_from, to) => (to === 'mail' ? 800 : 2) })
    const ranking = ask(now)
    expect(ranking.suspects.map((s) => s.node)).toEqual(['mail'])
    expect(ranking.suspects[0]!.evidence).toEqual([
      'calls web → mail wait 800 ms between the two, before 2 ms (30 calls)',
    ])
  })

  it('is the service in the middle when its calls wait on both sides', () => {
    const now = requests(30, { wait: (from, to) => (from === 'cart' || to === 'cart' ? 300 : 2) })
    expect(names(now)[0]).toBe('cart')
  })

  it('is the callee when a caller is slower too', () => {
    const slower = (service: string, now: number): ResourceSeries => ({
      service,
      name: 'p90',
      unit: ' s',
      floor: 0.02,
      inherited: true,
      history: [0.1, 0.1, 0.1, 0.11],
      justBefore: [0.1],
      now: [now],
    })
    const { suspects } = ask(requests(30), requests(40), [slower('web', 2), slower('price', 1)])
    expect(suspects.map((s) => [s.node, s.role])).toEqual([
      ['price', 'origin'],
      ['web', 'affected'],
    ])
  })
})

describe('a resource', () => {
  const cpu = (history: number[], justBefore: number[], now: number[]): ResourceSeries => ({
    service: 'a',
    name: 'CPU',
    unit: ' %',
    floor: 5,
    inherited: false,
    history,
    justBefore,
    now,
  })
  it('that jumped is named with its levels', () => {
    expect(jumpsOf([cpu([2, 3, 2, 4], [3], [95, 98])])[0]!.evidence).toContain(
      'CPU is 96.5 %, just before 3 %, usually 2.5 %',
    )
  })
  it.each([
    ['wobbles as usual', cpu([10, 60, 20, 70], [40], [75])],
    ['was already there just before', cpu([2, 3, 2, 4], [94, 95], [95, 98])],
    ['fell', cpu([80, 82, 81], [80], [3])],
    ['has no history', cpu([], [3], [95])],
    ['has no present', cpu([2, 3, 2], [3], [])],
    ['moved by less than is worth a word', cpu([0.1, 0.1, 0.1], [0.1], [4])],
  ])('that %s is not', (_, series) => {
    expect(jumpsOf([series])).toEqual([])
  })
})

describe('nothing is named', () => {
  it('when the same requests do the same', () => {
    const ranking = ask(requests(30))
    expect(ranking.suspects).toEqual([])
    expect(ranking.reason).toBe('no service does anything else than before')
  })

  it('when there is less traffic, or none', () => {
    expect(names(requests(3))).toEqual([])
    expect(names({ spans: [], logs: [] })).toEqual([])
  })

  it('when there is nothing to compare with', () => {
    expect(ask(requests(30), { spans: [], logs: [] }).suspects).toEqual([])
  })

  it('when failures stop, and with them what only failing requests did', () => {
    const failing = requests(40, {
      logs: (s, _i, usual) => (s === 'cart' ? ['ERROR cart failed', 'sending an apology'] : usual),
    })
    const ranking = ask(requests(30), failing)
    expect(ranking.suspects.flatMap((s) => s.evidence).join()).not.toContain('missing')
  })

  it('for one odd request in thirty', () => {
    expect(names(requests(30, { logs: (s, i, usual) => (s === 'cart' && i === 7 ? ['cart begins'] : usual) }))).toEqual(
      [],
    )
  })

  it('for spans that were delivered twice', () => {
    const once = requests(30)
    expect(names({ spans: [...once.spans, ...once.spans], logs: [...once.logs, ...once.logs] })).toEqual([])
  })

  it('for a few spans whose logs were lost', () => {
    const now = requests(40)
    const lost = new Set(now.spans.filter((s) => s.service === 'price' && s.startMs % 20 === 0).map((s) => s.spanId))
    expect(names({ spans: now.spans, logs: now.logs.filter((l) => !lost.has(l.spanId)) })).toEqual([])
  })
})

describe('for any telemetry', () => {
  const id = fc.constantFrom('1', '2', '3', '4', '5', '')
  const span = fc.record({
    spanId: id,
    parentId: id,
    service: fc.constantFrom('a', 'b', 'c'),
    operation: fc.constantFrom('x', 'y'),
    startMs: fc.integer({ min: 0, max: 9 }),
    durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    error: fc.boolean(),
  })
  const log = fc.record({
    spanId: id,
    service: fc.constantFrom('a', 'b'),
    statement: fc.string(),
    error: fc.boolean(),
    text: fc.string(),
  })
  const telemetry = fc.record({ spans: fc.array(span, { maxLength: 30 }), logs: fc.array(log, { maxLength: 30 }) })

  it('it ends (also on spans that are their own parents), each service is named once, and twice the same', () => {
    fc.assert(
      fc.property(telemetry, telemetry, (before, now) => {
        const ranking = rankServices({ before, now, resources: [] })
        const nodes = ranking.suspects.map((s) => s.node)
        expect(new Set(nodes).size).toBe(nodes.length)
        expect(ranking.suspects.every((s) => Number.isFinite(s.score))).toBe(true)
        expect(rankServices({ before, now, resources: [] })).toEqual(ranking)
      }),
      runs(100),
    )
  })

  it("Fisher's test is a probability, and both tails overlap in the observed table only", () => {
    const n = fc.integer({ min: 1, max: 2000 })
    fc.assert(
      fc.property(
        n,
        n,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n0, n1, s0, s1) => {
          const [k0, k1] = [Math.round(n0 * s0), Math.round(n1 * s1)]
          const up = fisherOneSided(k0, n0, k1, n1, true)
          const down = fisherOneSided(k0, n0, k1, n1, false)
          expect(up).toBeGreaterThanOrEqual(0)
          expect(up).toBeLessThanOrEqual(1)
          expect(up + down).toBeGreaterThan(1 - 1e-6)
        },
      ),
      runs(100),
    )
  })

  it.each([
    [3, 3, 0, 3, false, 1 / 20],
    [0, 8, 5, 10, true, 252 / 8568],
    [0, 1, 1, 1, true, 1 / 2],
  ])('of %i in %i against %i in %i it is exact', (k0, n0, k1, n1, greater, p) => {
    expect(fisherOneSided(k0, n0, k1, n1, greater)).toBeCloseTo(p, 10)
  })
})
