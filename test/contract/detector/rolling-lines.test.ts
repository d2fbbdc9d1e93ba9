import { afterAll, describe, expect, it } from 'vitest'
import type { Anomaly } from '../../../shared/model/anomaly.ts'
import { openDriven } from '../../support/detector.ts'
import { insertLogs, logsOf } from '../../support/raw-rows.ts'
import { insertSpans, seeded, spansOf } from '../../support/telemetry.ts'

const MIN = 60_000
const { bed, d, T0 } = await openDriven(6 * 60)
afterAll(() => bed.close())

type Calls = { errorRatio?: number; slower?: number; perMinute?: number }
/** Requests that all succeed as fast as ever, whose calls to `ledger` fail or are slow: retried and hidden from users. */
async function sendCalls(service: string, fromMinute: number, minutes: number, calls: Calls = {}): Promise<void> {
  const random = seeded(fromMinute + 3)
  const spans = spansOf({
    service,
    version: 'v1',
    fromMs: T0 + fromMinute * MIN,
    minutes,
    requestsPerMinute: calls.perMinute ?? 30,
    routes: { '/pay': { medianMs: 40, errorRatio: 0, peer: 'ledger' } },
    seed: fromMinute + 5,
  })
  const rows = [...spans].map((s) =>
    s.SpanKind === 'Client'
      ? {
          ...s,
          Failed: random() < (calls.errorRatio ?? 0.002) ? 1 : 0,
          Duration: Math.round(Number(s.Duration) * (calls.slower ?? 1)),
        }
      : s,
  )
  await insertSpans(bed.store, rows, d.nowMs())
}

const sendLines = (service: string, fromMinute: number, minutes: number, perMinute: { ok: number; bad: number }) =>
  insertLogs(
    bed.store,
    logsOf({
      service,
      version: 'v1',
      fromMs: T0 + fromMinute * MIN,
      minutes,
      lines: {
        'order # taken': { perMinute: perMinute.ok },
        'cannot reach the bank, try #': { perMinute: perMinute.bad, severity: 17 },
      },
    }),
    d.nowMs(),
  )

/** What the finding's own SQL answers is what it says. */
async function expectReproduced(a: Anomaly): Promise<void> {
  const [row] = await bed.store.rows<{ observed: number; expected: number }>(a.evidence.finding.sql)
  expect(row!.observed).toBeCloseTo(a.observed, 6)
  expect(row!.expected).toBeCloseTo(a.expected, 6)
}

describe('calls to another service, no deploy near', { timeout: 240_000 }, () => {
  /**  share of calls to ledger that fail, while every request succeeds
   *   0.3              ┌─────┐
   *   0.002  ──────────┘     └─────
   */
  it('that fail are found, kept open while it lasts, and closed; a restart finds nothing twice', async () => {
    await sendCalls('till', 0, 180)
    await sendCalls('till', 180, 10, { errorRatio: 0.3 })
    await d.settle()
    const [open, ...more] = await d.anomalies('till')
    expect(more).toEqual([])
    expect(open).toMatchObject({
      signal: 'dependency_error_ratio',
      dimension: 'ledger',
      state: 'open',
      deploy: null,
      harmful: true,
    })
    expect(open!.evidence.finding.reason).toContain('no deploy nearby')
    expect(open!.evidence.finding.exemplar_trace_ids.length).toBeGreaterThan(0)
    expect(Math.abs(Date.parse(open!.started_at) - (T0 + 180 * MIN))).toBeLessThanOrEqual(2 * MIN)
    await expectReproduced(open!)
    await sendCalls('till', 190, 3, { errorRatio: 0.3 })
    d.restart()
    await d.settle()
    expect((await d.anomalies('till')).map((a) => [a.id, a.state])).toEqual([[open!.id, 'open']])
    await sendCalls('till', 193, 8)
    await d.settle()
    expect((await d.anomalies('till')).map((a) => [a.id, a.state])).toEqual([[open!.id, 'closed']])
  })

  it('that take twice as long are found', async () => {
    await sendCalls('kiosk', 0, 180)
    await sendCalls('kiosk', 180, 10, { slower: 2.5 })
    await d.settle()
    const [open] = await d.anomalies('kiosk')
    expect(open).toMatchObject({ signal: 'dependency_latency', dimension: 'ledger', state: 'open', harmful: true })
    expect(open!.effect).toBeGreaterThan(1)
    await expectReproduced(open!)
  })

  it('that are as they were, fail in one minute only, or double in number are no anomaly', async () => {
    await sendCalls('calm', 0, 180)
    await sendCalls('calm', 180, 1, { errorRatio: 0.5 })
    await sendCalls('calm', 181, 8)
    await sendCalls('calm', 189, 8, { perMinute: 60 })
    await d.settle()
    expect(await d.anomalies('calm')).toEqual([])
  })
})

describe('log records, no deploy near', { timeout: 240_000 }, () => {
  /**  error records a minute, of 30
   *   8               ┌─────┐
   *   0  ─────────────┘     └─────
   */
  it('of errors that begin are found in a service without requests, and closed when they end', async () => {
    await sendLines('worker', 0, 180, { ok: 30, bad: 0 })
    await sendLines('worker', 180, 10, { ok: 30, bad: 8 })
    await d.settle()
    const [open] = await d.anomalies('worker')
    expect(open).toMatchObject({ signal: 'log_error_rate', dimension: '(all)', state: 'open', harmful: true })
    expect(open!.evidence.finding.reason).toContain('no deploy nearby')
    await expectReproduced(open!)
    await sendLines('worker', 190, 8, { ok: 30, bad: 0 })
    await d.settle()
    expect((await d.anomalies('worker')).map((a) => a.state)).toEqual(['closed'])
  })

  it('of errors that are as many as ever among fewer others are no anomaly', async () => {
    await sendLines('chatty', 0, 180, { ok: 60, bad: 3 })
    await sendLines('chatty', 180, 12, { ok: 6, bad: 3 })
    await d.settle()
    expect(await d.anomalies('chatty')).toEqual([])
  })

  it('of errors that come at this hour every day are no anomaly', async () => {
    for (const day of [-1440, 0]) {
      await sendLines('nightly', day, 180, { ok: 30, bad: 0 })
      await sendLines('nightly', day + 180, 12, { ok: 30, bad: 8 })
    }
    await d.settle()
    expect(await d.anomalies('nightly')).toEqual([])
  })
})
