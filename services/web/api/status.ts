import { z } from 'zod'
import { packageVersion } from '../../../shared/runtime/package.ts'
import { countDeploys } from '../../../shared/state/deploy-latest.ts'
import { arrived, countServices, storedTables } from '../../../shared/store/status.ts'
import { type Api, ok, type Route, route } from '../route.ts'
import { isoOrNull } from './query.ts'
import { type Status, type System, status, system } from './schemas/telemetry.ts'

const signal = (of: { rows: number; lastMs: number | null }) => ({ rows: of.rows, last_at: isoOrNull(of.lastMs) })

/** Where to send to, as the asker reaches it: bound to every address, the name that they used is the one that works. */
export function reachable(url: string | undefined, host: string | undefined): string | null {
  if (url === undefined) return null
  const at = new URL(url)
  if (!['0.0.0.0', '[::]'].includes(at.hostname) || !host || !URL.canParse(`http://${host}`)) return url
  at.hostname = new URL(`http://${host}`).hostname
  return at.href.replace(/\/$/, '')
}

async function readStatus(api: Api, host: string | undefined): Promise<Status> {
  const [rows, deploys, services] = await Promise.all([
    arrived(api.store),
    countDeploys(api.state),
    countServices(api.store, api.clock.nowMs()),
  ])
  const { ready, reasons } = api.readiness()
  return {
    traces: signal(rows.traces),
    metrics: signal(rows.metrics),
    logs: signal(rows.logs),
    deploys: { count: deploys.count, last_at: isoOrNull(deploys.lastMs) },
    services,
    version: packageVersion,
    otlp_http: reachable(api.urls.otlpHttp, host),
    otlp_grpc: reachable(api.urls.otlpGrpc, host),
    engine: api.store.engine,
    ready,
    reasons,
    auth: api.authRequired,
  }
}

type Figure = System['figures']['process'][number]
const groups = ['ingest', 'detector', 'alerting', 'web'] as const

/** Our own metrics, grouped by the target that their name begins with. Histograms keep sum and count only. */
async function readFigures(api: Api): Promise<System['figures']> {
  const figures: System['figures'] = { ingest: [], detector: [], alerting: [], web: [], process: [] }
  for (const metric of await api.metrics.getMetricsAsJSON()) {
    const group = groups.find((g) => metric.name.startsWith(`plumbline_${g}_`)) ?? 'process'
    const values = (metric.values as { labels: Record<string, string | number>; value: number; metricName?: string }[])
      .filter((v) => !v.metricName?.endsWith('_bucket'))
      .slice(0, 200)
      .map((v) => ({
        labels: {
          ...Object.fromEntries(Object.entries(v.labels).filter(([, label]) => label !== undefined)),
          ...(v.metricName?.endsWith('_sum') && { of: 'sum' }),
          ...(v.metricName?.endsWith('_count') && { of: 'count' }),
        },
        value: Number.isFinite(v.value) ? v.value : 0,
      }))
    figures[group].push({ name: metric.name, help: metric.help, type: String(metric.type), values } satisfies Figure)
  }
  return figures
}

async function readSystem(api: Api): Promise<System> {
  const { ready, reasons } = api.readiness()
  const memory = process.memoryUsage()
  return {
    version: packageVersion,
    engine: api.store.engine,
    state: api.state.kind,
    ready,
    reasons,
    memory: { rss_bytes: memory.rss, heap_bytes: memory.heapUsed },
    uptime_s: Math.max(0, (api.clock.nowMs() - api.startedMs) / 1000),
    figures: await readFigures(api),
    storage: (await storedTables(api.store)).map(({ oldestMs, ...table }) => ({
      ...table,
      oldest_at: isoOrNull(oldestMs),
    })),
  }
}

const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()) })
const plain = { description: 'OK', schema: null, type: 'text/plain' }

export const statusRoutes: Route[] = [
  route({
    method: 'get',
    path: '/api/v1/status',
    scope: 'read',
    tag: 'system',
    summary: 'What has arrived so far, and where to send to',
    answers: ok(status),
    handle: async ({ headers }, api) => ({ body: await readStatus(api, headers.host) }),
  }),
  route({
    method: 'get',
    path: '/api/v1/system',
    scope: 'read',
    tag: 'system',
    summary: "Plumbline's own figures: ingest, detector, alerting, storage",
    answers: ok(system),
    handle: async (_request, api) => ({ body: await readSystem(api) }),
  }),
  route({
    method: 'get',
    path: '/healthz',
    scope: 'public',
    tag: 'system',
    summary: 'Whether the process runs',
    answers: ok(z.object({ status: z.literal('ok') })),
    handle: async () => ({ body: { status: 'ok' } }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    scope: 'public',
    tag: 'system',
    summary: 'Whether every target of this process is ready',
    answers: {
      200: { description: 'Ready', schema: readiness },
      503: { description: 'Not ready, and why', schema: readiness },
    },
    handle: async (_request, api) => {
      const readiness = api.readiness()
      return { status: readiness.ready ? 200 : 503, body: readiness }
    },
  }),
  route({
    method: 'get',
    path: '/metrics',
    scope: 'read',
    tag: 'system',
    summary: "Plumbline's own metrics as Prometheus reads them",
    answers: { 200: plain },
    handle: async (_request, api) => ({
      text: { type: api.metrics.contentType, value: await api.metrics.metrics() },
    }),
  }),
]
