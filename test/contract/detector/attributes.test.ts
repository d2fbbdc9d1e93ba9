import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recompute } from '../../../services/detector/rollups/recompute.ts'
import { noneTouched } from '../../../services/detector/rollups/touched.ts'
import type { Finding, Verdict } from '../../../shared/model/verdict.ts'
import { openJudged } from '../../support/judged.ts'
import { text } from '../../support/otlp.ts'

/**  v1 ─────────────────────────────┐ v2 ───────  now
 *   0                              60           80    minutes
 */
const BEFORE = 60
const AFTER = 20
const MIN = 60_000
const PER_MINUTE = 20
/** Requests of one busy minute, of which a sample is looked at. */
const BUSY = 4000

/** What v1 and v2 send: attributes of the n-th request (of its log record with `logs`), and the version of the library. */
type Attributes = (n: number) => Record<string, string>
type Story = {
  sends: [Attributes, Attributes]
  library?: [string, string]
  logs?: boolean
  fails?: (n: number) => boolean
}
const half = (key: string) => (n: number) => (n % 2 === 0 ? { [key]: 'gold' } : {}) as Record<string, string>
const none = () => ({})
const STORIES: Record<string, Story> = {
  adding: { sends: [none, half('app.tier')] },
  dropping: { sends: [half('app.tier'), none] },
  logging: { sends: [none, half('app.tier')], logs: true },
  steady: { sends: [half('app.tier'), half('app.tier')] },
  numbered: { sends: [(n) => ({ [`item.${n % 50}.price`]: '1' }), (n) => ({ [`item.${(n % 50) + 50}.price`]: '1' })] },
  upgraded: { sends: [half('net.host.name'), half('server.address')], library: ['0.52.0', '0.53.0'] },
  owned: { sends: [none, half('app.tier')], library: ['v1', 'v2'] },
  failing: { sends: [none, (n) => (n % 3 === 0 ? { 'app.reason': 'refused' } : {})], fails: (n) => n % 3 === 0 },
}

let T0 = 0
const nanos = (ms: number) => String(BigInt(Math.floor(ms)) * 1_000_000n)
const idOf = (n: number, bytes: number) => Buffer.from((n + 1).toString(16).padStart(2 * bytes, '0'), 'hex')

function requestsOf(
  service: string,
  story: Story,
  side: 0 | 1,
  fromMin: number,
  minutes: number,
  perMinute = PER_MINUTE,
) {
  const version = side === 0 ? 'v1' : 'v2'
  const resource = { attributes: [text('service.name', service), text('service.version', version)] }
  const scope = { name: 'otel-http', version: story.library?.[side] ?? '0.52.0' }
  const spans: object[] = []
  const logRecords: object[] = []
  for (let i = 0; i < minutes * perMinute; i++) {
    const atMs = T0 + fromMin * MIN + (i * MIN) / perMinute
    const traceId = idOf(fromMin * perMinute + i, 16)
    const own = Object.entries(story.sends[side](i)).map(([key, value]) => text(key, value))
    const attributes = [text('http.request.method', 'POST'), text('http.route', '/orders')]
    if (!story.logs) attributes.push(...own)
    const times = { startTimeUnixNano: nanos(atMs), endTimeUnixNano: nanos(atMs + 40 + (i % 7)) }
    const status = side === 1 && story.fails?.(i) ? { status: { code: 2 } } : {}
    spans.push({ traceId, spanId: traceId.subarray(8), name: 'POST', kind: 2, ...times, attributes, ...status })
    if (story.logs)
      logRecords.push({ timeUnixNano: nanos(atMs), severityNumber: 9, body: { stringValue: 'ok' }, attributes: own })
  }
  return {
    traces: { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] },
    logs: { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] },
  }
}

describe.each(['embedded', 'served'] as const)('attribute keys in telemetry, with the engine %s', (engine) => {
  let bed: Awaited<ReturnType<typeof openJudged>>
  let spans = 0

  async function send(...of: Parameters<typeof requestsOf>): Promise<void> {
    const { traces, logs } = requestsOf(...of)
    await bed.post('traces', traces)
    if (of[1].logs) await bed.post('logs', logs)
    spans += of[4] * (of[5] ?? PER_MINUTE)
  }

  beforeAll(async () => {
    bed = await openJudged(engine)
    T0 = (Math.floor(bed.d.nowMs() / MIN) - BEFORE - AFTER) * MIN
    for (const [service, story] of Object.entries(STORIES)) {
      await send(service, story, 0, 0, BEFORE)
      await send(service, story, 1, BEFORE, AFTER)
    }
    await send('busy', { sends: [half('app.tier'), none] }, 0, 10, 1, BUSY)
    await bed.settle(spans)
  }, 240_000)
  afterAll(() => bed.close())

  const verdictOf = async (service: string): Promise<Verdict> => (await bed.d.verdict(service, 'v2'))!
  const about = (v: Verdict): Finding[] => v.findings.filter((f) => f.signal.startsWith('attribute_'))

  it('are told of the version that began to send them: where, in how many, in which requests, and not held against it', async () => {
    const v = await verdictOf('adding')
    expect(v.verdict, v.reason).toBe('no_difference')
    const [found, ...more] = about(v)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      signal: 'attribute_new',
      label: 'app.tier on POST /orders',
      harmful: false,
      observed: 0.5,
    })
    expect(found!.reason).toMatch(/^it began to send attribute app\.tier on POST \/orders: in 50 % of \d+ requests/)
    expect(found!.exemplar_trace_ids).toHaveLength(5)
    expect(await bed.d.anomalies('adding')).toEqual([])
  })

  it('are told of the version that stopped sending them, and of log records too', async () => {
    expect(about(await verdictOf('dropping'))).toMatchObject([{ signal: 'attribute_vanished', expected: 0.5 }])
    expect(about(await verdictOf('logging'))).toMatchObject([{ label: 'app.tier in its logs', observed: 0.5 }])
  })

  it('come with SQL that gives the numbers again', async () => {
    for (const service of ['adding', 'dropping', 'logging']) {
      const [found] = about(await verdictOf(service))
      const [row] = await bed.store.rows<Pick<Finding, 'observed' | 'expected'>>(found!.sql)
      expect(row!.observed).toBeCloseTo(found!.observed, 6)
      expect(row!.expected).toBeCloseTo(found!.expected, 6)
    }
  })

  it.each(['steady', 'numbered', 'failing'])(
    'are no finding of %s: the same keys, numbers in them, those of failures',
    async (service) => {
      expect(about(await verdictOf(service))).toEqual([])
    },
  )

  it('are no finding where the library that sets them changed, which is said; the version of the service is no library', async () => {
    const v = await verdictOf('upgraded')
    expect(about(v)).toEqual([])
    const asked = v.checked.filter((c) => c.signal.startsWith('attribute_'))
    expect(asked.map((c) => c.dimension).sort()).toEqual(['span net.host.name', 'span server.address'])
    for (const c of asked) expect(c.reason).toContain('otel-http changed from 0.52.0 to 0.53.0')
    expect(about(await verdictOf('owned'))).toHaveLength(1)
  })

  it('are counted in a sample of a busy minute, which is the same each time', async () => {
    const minute = Math.floor(T0 / MIN) + 10
    const read = () =>
      bed.store.rows<{ key: string; n: string }>(
        "SELECT key, sum(count) AS n FROM rollup_attributes FINAL WHERE service = 'busy' GROUP BY key ORDER BY key",
      )
    const rows = await read()
    const counts = new Map(rows.map((r) => [r.key, Number(r.n)]))
    const looked = counts.get('')!
    expect(looked).toBeGreaterThan(250)
    expect(looked).toBeLessThan(600)
    expect(counts.get('http.route')).toBe(looked)
    expect(counts.get('app.tier')! / looked).toBeGreaterThan(0.35)
    expect(counts.get('app.tier')! / looked).toBeLessThan(0.65)
    await recompute(bed.store, { ...noneTouched(), traces: new Set([minute]) }, bed.d.nowMs() + 1)
    expect(await read()).toEqual(rows)
  })
})
