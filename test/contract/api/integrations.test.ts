import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Integrations } from '../../../services/web/api/schemas.ts'
import { sourceOf } from '../../../services/web/console/src/pages/integrations/recipes.ts'
import { createChannel } from '../../../shared/state/channels.ts'
import { recordDeployEvent } from '../../../shared/state/deploys.ts'
import { openWeb, type WebBed } from '../../support/web.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const minute = (before: number) => NOW / 1000 - before * 60
const iso = (before: number) => new Date(minute(before) * 1000).toISOString()
const build = { environment: 'production', version: 'v1', commit: '', computed_at: NOW }
const node = {
  'telemetry.sdk.language': 'nodejs',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '2.9.0',
}
const python = {
  'telemetry.sdk.language': 'python',
  'telemetry.sdk.name': 'opentelemetry',
  'telemetry.sdk.version': '1.40.0',
  'telemetry.distro.name': 'opentelemetry-instrumentation',
  'telemetry.distro.version': '0.61b0',
}
const counts = { errors: 0, duration_sum_ns: 0, bucket_index: [], bucket_count: [] }
const nanos = (before: number) => `${(BigInt(minute(before)) * 1_000_000_000n + 5_000_000_000n).toString()}`
const place = (ServiceName: string, ResourceAttributes: Record<string, string>) => ({
  ...{ ServiceName, ResourceAttributes, Environment: 'production', Version: 'v1' },
})

let bed: WebBed
beforeAll(async () => {
  bed = await openWeb(NOW)
  const { store } = bed
  await store.insert('rollup_services', [
    { ...build, ...counts, service: 'pay', minute: minute(90), requests: 3 },
    { ...build, ...counts, service: 'pay', minute: minute(2), requests: 3 },
    { ...build, ...counts, service: 'gone', minute: minute(25 * 60), requests: 3 },
  ])
  await store.insert('rollup_edges', [
    { ...build, ...counts, service: 'worker', minute: minute(40), peer: 'db', route: 'SELECT', requests: 2 },
  ])
  await store.insert('rollup_logs', [{ ...build, service: 'pay', minute: minute(300), severity: 'info', count: 9 }])
  await store.insert('rollup_metrics', [
    {
      ...{
        ...build,
        service: 'pay',
        minute: minute(1),
        metric: 'm',
        series_id: 1,
        attributes: '{}',
        unit: '',
        kind: 'gauge',
      },
      ...{ points: 1, instances: 1, value_sum: 1, value_min: 1, value_max: 1 },
    },
  ])
  await store.insert('otel_traces', [
    { ...place('pay', node), Timestamp: nanos(2), TraceId: 'a', SpanId: '1' },
    { ...place('pay', { ...node, 'telemetry.sdk.version': '1.0.0' }), Timestamp: nanos(90), TraceId: 'a', SpanId: '2' },
    { ...place('worker', {}), Timestamp: nanos(40), TraceId: 'a', SpanId: '3' },
  ])
  await store.insert('otel_logs', [{ ...place('pay', python), Timestamp: nanos(300), Body: 'x' }])
  await store.insert('otel_metrics_gauge', [
    { ...place('pay', node), TimeUnix: nanos(1), MetricName: 'm', SeriesId: 1, Value: 1 },
  ])
  const told = (version: string, before: number) => ({
    ...{ service: 'pay', environment: 'production', version, started_at: iso(before) },
  })
  await recordDeployEvent(bed.state, told('v0', 600), 'github', NOW)
  await recordDeployEvent(bed.state, told('v1', 100), 'api', NOW)
  await createChannel(bed.context, { name: 'on-call', kind: 'webhook', url: 'https://example.com/secret-path' })
})
afterAll(() => bed.close())

const read = async (): Promise<Integrations> => (await bed.call('GET', '/api/v1/integrations')).body as never

/**
 *            25 h ago   5 h ago     90 min      40 min      2 min   now
 *  pay                  logs python traces 1.0.0            traces, metrics node 2.9.0
 *  worker                                       calls, no SDK named
 *  gone      traces
 */
describe('integrations', () => {
  it('say who sent in the last day, what, when last, and by which SDKs then', async () => {
    const { senders } = await read()
    const none = { distro: '', distro_version: '' }
    expect(senders).toEqual([
      {
        ...{ service: 'pay', environment: 'production', traces_at: iso(2), metrics_at: iso(1), logs_at: iso(300) },
        sdks: [
          { language: 'nodejs', name: 'opentelemetry', version: '2.9.0', ...none },
          {
            ...{ language: 'python', name: 'opentelemetry', version: '1.40.0' },
            ...{ distro: 'opentelemetry-instrumentation', distro_version: '0.61b0' },
          },
        ],
      },
      {
        ...{ service: 'worker', environment: 'production', traces_at: iso(40), metrics_at: null, logs_at: null },
        sdks: [{ language: '', name: '', version: '', ...none }],
      },
    ])
  })

  it('say who tells of deploys, and of which last', async () => {
    const { deploy_sources } = await read()
    const of = (source: string) => deploy_sources.find((one) => one.source === source)
    expect(of('github')).toMatchObject({ deploys: 1, looked_at: 2, last: { version: 'v0', started_at: iso(600) } })
    expect(of('api')).toMatchObject({ deploys: 1, last: { service: 'pay', version: 'v1' } })
    expect(of('cdevents')).toEqual({ source: 'cdevents', deploys: 0, looked_at: 2, last: null })
  })

  it('name channels without their addresses', async () => {
    const { channels } = await read()
    expect(channels).toMatchObject([{ name: 'on-call', kind: 'webhook', enabled: true, last_delivered_at: null }])
    expect(JSON.stringify(channels)).not.toContain('secret-path')
  })
})

describe('the event of the page Integrations', () => {
  it('is taken for a deploy', async () => {
    const { text } = sourceOf('cdevents', { web: bed.url, auth: false }).ways[0]!
    const [, address, sent] = /^curl (\S+) .*? -d '([\s\S]*)'$/.exec(text) ?? []
    const body = sent!.replace(/'\$\(date[^)]*\)'/, iso(10))
    const { status, body: deploy } = await bed.call('POST', new URL(address!).pathname, { raw: body })
    expect(status).toBe(201)
    expect(deploy).toMatchObject({ service: 'checkout', environment: 'production', version: '1.9.0' })
    expect((await read()).deploy_sources.find((one) => one.source === 'cdevents')).toMatchObject({ deploys: 1 })
  })
})
