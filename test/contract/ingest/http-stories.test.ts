import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type IngestBed, openIngest } from '../../support/ingest.ts'
import { encodeRequest, freshRequest, idColumns, JSON_TYPE, logsJson, PROTOBUF } from '../../support/otlp.ts'
import { partialOf, send, sendRaw, statusOf } from '../../support/raw-http.ts'
import { until } from '../../support/wait.ts'

let bed: IngestBed
beforeAll(async () => {
  bed = await openIngest({ env: { PLUMBLINE_CORS_ORIGINS: 'https://shop.example' } })
})
afterAll(() => bed.close())

const post = (path: string, headers: Record<string, string>, body: Uint8Array | string) =>
  send(`${bed.http}${path}`, { headers, body })

describe('OTLP/HTTP', () => {
  it('O18: keeps idle sockets longer than the SDKs wait between batches', async () => {
    const answer = await fetch(`${bed.http}/v1/traces`, { method: 'POST', headers: PROTOBUF, body: '' })
    await answer.arrayBuffer()
    expect(answer.headers.get('keep-alive')).toBe('timeout=75')
  })

  it('O19: stores nothing of a body whose sender hangs up, and counts it', async () => {
    const before = await bed.metric('hang_ups_total')
    const head = 'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n'
    await sendRaw(bed.http, `${head}{"resourceLogs":[`, true)
    await until('hang-up', async () => ((await bed.metric('hang_ups_total')) > before ? true : undefined))
    expect(await bed.metric('in_flight_bytes')).toBe(0)
  })

  it('O20: recognises what is sent again after the sender hung up before the answer', async () => {
    const { ids, body } = freshRequest('logs')
    const head = `POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n\r\n`
    await sendRaw(bed.http, Buffer.concat([Buffer.from(head), body]), true)
    const before = await bed.metric('resends_absorbed_total')
    await until('re-send that was absorbed', async () => {
      expect((await post('/v1/logs', PROTOBUF, body)).status).toBe(200)
      return (await bed.metric('resends_absorbed_total')) > before ? true : undefined
    })
    const rows = await bed.rows<{ n: string }>(
      `SELECT count() AS n FROM otel_logs WHERE Body = '${ids[0]}' HAVING n > 0`,
      1,
    )
    expect(rows).toEqual([{ n: '1' }])
  })

  it('O20: takes equal bodies without any time for two, also after a restart, and those with a time for one', async () => {
    const bodyOf = (id: string, time: object) =>
      JSON.stringify({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ ...time, body: { stringValue: id } }] }] }],
      })
    const timeless = bodyOf('o20-timeless', {})
    const timed = bodyOf('o20-timed', { observedTimeUnixNano: `${Date.now()}000000` })
    const twice = async (body: string) => {
      for (const _time of [1, 2]) expect((await post('/v1/logs', JSON_TYPE, body)).status).toBe(200)
    }
    await twice(timeless)
    await twice(timed)
    await bed.restart()
    await post('/v1/logs', JSON_TYPE, timed)
    await post('/v1/logs', JSON_TYPE, timeless)
    const rows = await bed.rows<{ timed: string; timeless: string }>(
      `SELECT countIf(Body = 'o20-timed') AS timed, countIf(Body = 'o20-timeless') AS timeless FROM otel_logs HAVING timeless >= 3`,
      1,
    )
    expect(rows).toEqual([{ timed: '1', timeless: '3' }])
  })

  it('O20: takes equal bodies without any time that are under way together for two', async () => {
    const record = { body: { stringValue: 'together' } }
    const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] })
    await Promise.all([1, 2, 3].map(() => post('/v1/logs', JSON_TYPE, body)))
    const rows = await bed.rows<{ n: string }>(
      `SELECT count() AS n FROM otel_logs WHERE Body = 'together' HAVING n >= 3`,
      1,
    )
    expect(rows).toEqual([{ n: '3' }])
  })

  it('O23: names no origin in the preflight of another one', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const answer = await send(`${bed.http}/v1/traces`, { method: 'OPTIONS', headers })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('O28, O30: stores the good items of a request and counts the bad ones', async () => {
    const good = { timeUnixNano: `${Date.now()}000000`, asDouble: 1 }
    const bad = { timeUnixNano: '0', asDouble: 1 }
    const request = (name: string) => ({
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, gauge: { dataPoints: [good, bad, bad] } }] }] }],
    })
    const json = await post('/v1/metrics', JSON_TYPE, JSON.stringify(request('o30')))
    expect(json.status).toBe(200)
    const { partialSuccess } = JSON.parse(json.body.toString()) as { partialSuccess: Record<string, string> }
    expect(partialSuccess.rejectedDataPoints).toBe('2')
    expect(partialSuccess.errorMessage).not.toBe('')
    const binary = await post('/v1/metrics', PROTOBUF, encodeRequest('metrics', request('o28')))
    const partial = partialOf('metrics', binary.body).partialSuccess
    expect(Number(partial?.rejectedDataPoints)).toBe(2)
    expect(partial?.errorMessage).not.toBe('')
    await bed.rows("SELECT 1 FROM otel_metrics_gauge WHERE MetricName IN ('o28', 'o30')", 2)
  })

  it('O29: says what it changed in a body that it accepted in full', async () => {
    const long = 'x'.repeat(300_000)
    const answer = await post('/v1/logs', JSON_TYPE, logsJson(long))
    expect(answer.status).toBe(200)
    const { partialSuccess } = JSON.parse(answer.body.toString()) as { partialSuccess: Record<string, string> }
    expect(partialSuccess.rejectedLogRecords).toBeUndefined()
    expect(partialSuccess.errorMessage).not.toBe('')
    expect(answer.body.length).toBeLessThan(64 * 1024)
  })

  it('O32: names what of the request is at fault', async () => {
    const status = statusOf(await post('/v1/traces', PROTOBUF, Buffer.from([10, 200])))
    expect(status.details.join()).toContain('google.rpc.BadRequest')
  })

  it('stores what it answered 200, each item once, and notes the minutes', async () => {
    const sent = {
      traces: freshRequest('traces', 30),
      logs: freshRequest('logs', 30),
      metrics: freshRequest('metrics', 30),
    }
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      for (let i = 0; i < 3; i++) expect((await post(`/v1/${signal}`, PROTOBUF, sent[signal].body)).status).toBe(200)
      const { table, column } = idColumns[signal]
      const list = sent[signal].ids.map((id) => `'${id}'`).join(',')
      const rows = await bed.rows<{ id: string; n: string }>(
        `SELECT ${column} AS id, count() AS n FROM ${table} WHERE ${column} IN (${list}) GROUP BY id`,
        30,
      )
      expect(rows.every((row) => row.n === '1')).toBe(true)
      const noted = await bed.rows<{ minute: string }>(
        `SELECT minute FROM touched_minutes WHERE signal = '${signal}'`,
        1,
      )
      expect(noted.length).toBeGreaterThan(0)
    }
  })
})
