import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding, Verdict } from '../../../shared/model/verdict.ts'
import { openJudged } from '../../support/judged.ts'
import { text } from '../../support/otlp.ts'

/**  v1 ─────────────────────────────┐ v2 ───────  now
 *   0                              90          112    minutes
 */
const BEFORE = 90
const AFTER = 22
const MIN = 60_000
const PER_MINUTE = 20
const AWS = 'AKIAIOSFODNN7EXAMPLE'
const HEADER = 'http.request.header.authorization'

/** What each request carries in v1 and in v2: in an attribute of its span, in a log record, or of the header; `longAgo`: ten hours before, too. */
type Story = { span?: [string, string]; line?: [string, string]; header?: boolean; longAgo?: string; version?: string }
const STORIES: Record<string, Story> = {
  sending: { span: ['', `retried with ${AWS}`] },
  logging: { line: ['ready', `client of ${AWS}`] },
  always: { span: [`retried with ${AWS}`, `retried with ${AWS}`] },
  again: { span: ['', `retried with ${AWS}`], longAgo: `retried with ${AWS}` },
  headers: { header: true },
  clean: { span: ['a note', 'another note'], line: ['ready', 'ready'] },
  undeployed: { span: ['', `retried with ${AWS}`], version: 'v1' },
}
/** One request in so many has it: about two a minute. */
const ONE_IN = 10

let T0 = 0
const nanos = (ms: number) => String(BigInt(Math.floor(ms)) * 1_000_000n)
const idOf = (n: number, bytes: number) => Buffer.from((n + 1).toString(16).padStart(2 * bytes, '0'), 'hex')

function requestsOf(service: string, story: Story, side: 0 | 1, fromMin: number, minutes: number) {
  const version = story.version ?? (side === 0 ? 'v1' : 'v2')
  const resource = { attributes: [text('service.name', service), text('service.version', version)] }
  const spans: object[] = []
  const logRecords: object[] = []
  for (let i = 0; i < minutes * PER_MINUTE; i++) {
    const atMs = T0 + fromMin * MIN + (i * MIN) / PER_MINUTE
    const [traceId, marked] = [idOf(fromMin * PER_MINUTE + i + 20_000, 16), i % ONE_IN === 0]
    const attributes = [text('http.request.method', 'POST'), text('http.route', '/orders')]
    if (story.span && marked) attributes.push(text('app.note', story.span[side]))
    if (story.header && side === 1) attributes.push(text(HEADER, 'Bearer abc'))
    const times = { startTimeUnixNano: nanos(atMs), endTimeUnixNano: nanos(atMs + 40 + (i % 7)) }
    spans.push({ traceId, spanId: traceId.subarray(8), name: 'POST', kind: 2, ...times, attributes })
    if (story.line && marked)
      logRecords.push({
        timeUnixNano: nanos(atMs),
        severityNumber: 9,
        body: { stringValue: story.line[side] },
        traceId,
      })
  }
  return {
    traces: { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] },
    logs: { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] },
  }
}

describe.each(['embedded', 'served'] as const)('secrets in telemetry, with the engine %s', (engine) => {
  let bed: Awaited<ReturnType<typeof openJudged>>
  let spans = 0

  async function send(service: string, story: Story, side: 0 | 1, fromMin: number, minutes: number): Promise<void> {
    const { traces, logs } = requestsOf(service, story, side, fromMin, minutes)
    await bed.post('traces', traces)
    if (story.line) await bed.post('logs', logs)
    spans += minutes * PER_MINUTE
  }

  beforeAll(async () => {
    bed = await openJudged(engine)
    T0 = (Math.floor(bed.d.nowMs() / MIN) - BEFORE - AFTER) * MIN
    for (const [service, story] of Object.entries(STORIES)) {
      if (story.longAgo) await send(service, { span: [story.longAgo, ''] }, 0, -600, 3)
      await send(service, story, 0, 0, BEFORE)
      await send(service, story, 1, BEFORE, AFTER)
    }
    await bed.settle(spans)
  }, 240_000)
  afterAll(() => bed.close())

  const verdictOf = async (service: string): Promise<Verdict> => (await bed.d.verdict(service, 'v2'))!
  const secretsOf = (v: Verdict): Finding[] => v.findings.filter((f) => f.signal === 'secret_new')

  it('are held against the deploy that began to send them: rule, route, count, requests that show it, never the secret', async () => {
    const v = await verdictOf('sending')
    expect(v.verdict, v.reason).toBe('regressed')
    const [found] = secretsOf(v)
    expect(found).toMatchObject({
      dimension: 'aws_access_key_id',
      label: 'an AWS access key id in POST /orders',
      direction: 'new',
      harmful: true,
      n: { baseline: BEFORE, current: AFTER - 1 },
    })
    expect(found!.reason).toBe(
      `it began to send something like an AWS access key id in POST /orders, ${2 * (AFTER - 1)} times in ${AFTER - 1} minutes, masked; none in ${BEFORE} minutes before`,
    )
    expect(found!.exemplar_trace_ids).toHaveLength(5)
    expect(JSON.stringify(v)).not.toContain(AWS)
    expect((await bed.d.anomalies('sending')).map((a) => [a.signal, a.state])).toEqual([['secret_new', 'open']])
  })

  it('are found in log records, with the traces that wrote them', async () => {
    const [found] = secretsOf(await verdictOf('logging'))
    expect(found).toMatchObject({ harmful: true, label: 'an AWS access key id in its logs' })
    expect(found!.exemplar_trace_ids).toHaveLength(5)
  })

  it('come with SQL that gives the numbers again', async () => {
    for (const service of ['sending', 'logging']) {
      const [found] = secretsOf(await verdictOf(service))
      const [row] = await bed.store.rows<Pick<Finding, 'observed' | 'expected'>>(found!.sql)
      expect(row!.observed).toBeCloseTo(found!.observed, 6)
      expect([row!.expected, found!.expected]).toEqual([0, 0])
    }
  })

  it('are not held against a deploy before which they were sent too', async () => {
    const v = await verdictOf('always')
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(v.findings).toEqual([])
    const asked = v.checked.filter((c) => c.signal === 'secret_new')
    expect(asked).toMatchObject([{ outcome: 'pass', dimension: 'aws_access_key_id' }])
    expect(asked[0]!.reason).toContain('before the deploy')
  })

  it('are shown and blamed on nobody where they were sent ten hours before', async () => {
    const v = await verdictOf('again')
    expect(v.verdict, v.reason).toBe('no_difference')
    expect(secretsOf(v)).toMatchObject([{ harmful: false }])
    expect(secretsOf(v)[0]!.reason).toContain('but earlier: first 12 hours before this deploy')
    expect(await bed.d.anomalies('again')).toEqual([])
  })

  it('are no finding where only a header of credentials is sent, which somebody configured', async () => {
    const v = await verdictOf('headers')
    expect(secretsOf(v)).toEqual([])
    expect(v.findings.filter((f) => f.harmful)).toEqual([])
  })

  it('are no finding where there are none', async () => {
    expect((await verdictOf('clean')).findings.filter((f) => f.harmful)).toEqual([])
    expect(secretsOf(await verdictOf('clean'))).toEqual([])
  })

  it('raise nothing without a deploy', async () => {
    expect(await bed.d.anomalies('undeployed')).toEqual([])
  })
})
