import { afterAll, describe, expect, it } from 'vitest'
import { withOrigins } from '../../../services/detector/origins/origins.ts'
import { readSides } from '../../../services/detector/origins/read.ts'
import type { Anomaly } from '../../../shared/model/anomaly.ts'
import { openDriven } from '../../support/detector.ts'
import { insertLogs } from '../../support/raw-rows.ts'
import { insertSpans, seeded } from '../../support/telemetry.ts'

const MIN = 60_000
const { bed, d, T0 } = await openDriven(190)
afterAll(() => bed.close())

type Row = Record<string, string | number | object>
const PER_MINUTE = 20

/**
 *   shop /buy ─▶ till charge ─▶ (log: card charged)
 * A request that breaks fails in till, which logs why, and so in shop.
 */
function traces(fromMinute: number, minutes: number, broken: number): { spans: Row[]; logs: Row[] } {
  const random = seeded(fromMinute + 1)
  const [spans, logs]: [Row[], Row[]] = [[], []]
  for (let i = 0; i < minutes * PER_MINUTE; i++) {
    const atMs = T0 + fromMinute * MIN + Math.floor((i * MIN) / PER_MINUTE)
    const bad = random() < broken
    const trace = `${(fromMinute * 10_000 + i).toString(16)}`.padStart(32, 'a')
    const id = (n: number) => `${n}${trace.slice(17)}`
    const span = (n: number, parent: string, service: string, name: string, more: Row): Row => ({
      Timestamp: `${BigInt(atMs + n)}000000`,
      TraceId: trace,
      SpanId: id(n),
      ParentSpanId: parent,
      SpanName: name,
      SpanKind: 'Server',
      ServiceName: service,
      Duration: 20_000_000 - 5_000_000 * n,
      StatusCode: bad ? 'Error' : 'Unset',
      Environment: 'production',
      Version: 'v1',
      Route: name,
      IsEntry: 1,
      Failed: bad ? 1 : 0,
      HttpStatus: bad ? 500 : 200,
      ...more,
    })
    spans.push(
      span(1, '', 'shop', '/buy', {}),
      span(2, id(1), 'shop', 'POST', { SpanKind: 'Client', IsEntry: 0, Route: '', Peer: 'till' }),
      span(3, id(2), 'till', '/charge', {}),
    )
    logs.push({
      Timestamp: `${BigInt(atMs + 3)}000000`,
      TraceId: trace,
      SpanId: id(3),
      ServiceName: 'till',
      Environment: 'production',
      Version: 'v1',
      SeverityNumber: bad ? 17 : 9,
      Body: bad ? `no exchange rate for order ${i}` : `order ${i} charged`,
    })
  }
  return { spans, logs }
}

const send = async (fromMinute: number, minutes: number, broken: number) => {
  const { spans, logs } = traces(fromMinute, minutes, broken)
  await insertSpans(bed.store, spans, d.nowMs())
  await insertLogs(bed.store, logs, d.nowMs())
  await d.settle()
}

/** Their anomalies when all were looked up: on a busy machine some wait for a later pass. */
async function looked(...services: string[]): Promise<Anomaly[]> {
  for (let i = 0; ; i++) {
    const found = (await Promise.all(services.map((service) => d.anomalies(service)))).flat()
    if (found.length > 0 && (found.every((a) => a.origins) || i === 8)) return found
    await d.settle()
  }
}

describe('where an anomaly began', { timeout: 240_000 }, () => {
  it('is the service deepest in its traces that does something new, told with what that is', async () => {
    await send(0, 180, 0)
    await send(180, 10, 0.4)
    const found = await looked('shop', 'till')
    expect(found.map((a) => a.signal)).toContain('error_ratio')
    for (const a of found) {
      const [first, ...others] = a.origins!
      expect(first).toMatchObject({ service: 'till', role: 'origin' })
      expect(first!.evidence.join('\n')).toMatch(
        /the log line "no exchange rate for order .*" is new: in \d+ of \d+ spans/,
      )
      for (const other of others) expect(other).toMatchObject({ service: 'shop', role: 'affected' })
    }
  })

  it('stays with it when it is followed, over a restart too', async () => {
    d.restart()
    await send(190, 8, 0)
    const found = await d.anomalies('shop')
    expect(found.map((a) => a.state)).toEqual(found.map(() => 'closed'))
    for (const a of found) expect(a.origins?.[0]).toMatchObject({ service: 'till', role: 'origin' })
  })

  it('is no line that is new because a service has only now begun to send its log', async () => {
    const asked = { service: 'shop', environment: 'production' }
    const at = (fromMinute: number, toMinute: number) => ({ fromMs: T0 + fromMinute * MIN, toMs: T0 + toMinute * MIN })
    const sides = { before: at(100, 140), now: at(180, 190) }
    const all = await readSides(bed.store, asked, sides)
    expect(all.now.logs.some((log) => !log.error)).toBe(true)
    const unlogged = {
      ...bed.store,
      rows: async (...of: Parameters<typeof bed.store.rows>) => {
        const before = Number(of[1]?.from_ms) < T0 + 150 * MIN
        return before && of[0].includes('otel_logs') ? [] : bed.store.rows(...of)
      },
    } as typeof bed.store
    const { now } = await readSides(unlogged, asked, sides)
    expect(now.logs.length).toBeGreaterThan(0)
    expect(now.logs.every((log) => log.error)).toBe(true)
  })

  it('is left open where traces cannot be read: the anomaly is told all the same', async () => {
    const [anomaly] = await d.anomalies('shop')
    const { origins: _origins, ...without } = { ...anomaly!, state: 'open' as const }
    const memory = { open: new Map(), origins: new Map(), originTries: new Map(), lines: { lines: new Map() } as never }
    let asked = 0
    const rows = () => {
      asked += 1
      return Promise.reject(new Error('too slow'))
    }
    for (let i = 0; i < 5; i++)
      expect(
        await withOrigins({ store: { ...bed.store, rows }, log: d.deps.log }, memory, [without], d.nowMs()),
      ).toEqual([without])
    expect(asked).toBe(3)
  })

  it('is not looked up for what is closed, hurts nobody, or is no matter of requests', async () => {
    const [anomaly] = await d.anomalies('shop')
    const { origins: _origins, ...closed } = anomaly!
    const open = { ...closed, state: 'open' as const }
    const memory = { open: new Map(), origins: new Map(), originTries: new Map(), lines: { lines: new Map() } as never }
    const counted = { ...bed.store, rows: () => expect.unreachable('no read was due') }
    const asked = [closed, { ...open, harmful: false }, { ...open, signal: 'metric' as const }]
    expect(await withOrigins({ store: counted, log: d.deps.log }, memory, asked, d.nowMs())).toEqual(asked)
  })
})
