import { openWeb, type WebBed } from '../../support/web.ts'
import { quantile } from '../ingest/side.ts'
import type { Bench } from '../main.ts'
import { drawHour, HOURS, judge, ROUTES, SERVICES, serviceName, tellDeploys } from '../queries/data.ts'

/** At scale 1; a day of it. */
const SPANS = 100_000_000
const CALLS = 20
const HOUR_MS = 3_600_000
/** A whole hour, so that a day fits the partitions of at most two dates. */
const END_MS = Date.UTC(2026, 10, 20, 12)

/** What a page asks, with another service, route or trace in every call. */
type Page = { page: string; path: (i: number) => string }

const at = (ms: number) => encodeURIComponent(new Date(ms).toISOString())
const lastHours = (hours: number) => `from=${at(END_MS - hours * HOUR_MS)}&to=${at(END_MS)}`
const service = (i: number) => serviceName((i * 29) % SERVICES)
const route = (i: number) => encodeURIComponent(`/api/v1/resource-${i % ROUTES}/{id}`)
const series = (i: number, rest: string) => `/services/${service(i)}/series?${rest}`

function pagesOf(found: { traces: string[]; deploys: string[]; anomalies: string[] }): Page[] {
  const nth = (list: string[], i: number) => list[i % list.length]
  return [
    { page: 'services, last 3 h', path: () => '/services' },
    { page: 'services, 24 h', path: () => `/services?${lastHours(24)}` },
    { page: 'service, 24 h', path: (i) => `/services/${service(i)}?${lastHours(24)}` },
    {
      page: 'series: errors by version, 24 h',
      path: (i) => series(i, `signal=error_ratio&by=version&${lastHours(24)}`),
    },
    {
      page: 'series: latency of a route, 24 h',
      path: (i) => series(i, `signal=latency&route=${route(i)}&${lastHours(24)}`),
    },
    {
      page: 'series: throughput by route, 24 h',
      path: (i) => series(i, `signal=requests&by=route&${lastHours(24)}`),
    },
    {
      page: 'series: a metric, 24 h',
      path: (i) => series(i, `signal=metric&metric=process.memory.usage&${lastHours(24)}`),
    },
    { page: 'deploys', path: () => '/deploys?limit=100' },
    { page: 'deploy', path: (i) => `/deploys/${nth(found.deploys, i)}` },
    { page: 'verdict', path: (i) => `/deploys/${nth(found.deploys, i)}/verdict` },
    { page: 'compare', path: (i) => `/deploys/${nth(found.deploys, i)}/compare` },
    { page: 'anomalies', path: () => '/anomalies?limit=100' },
    { page: 'incidents', path: () => '/incidents?limit=100' },
    { page: 'log patterns, 24 h', path: (i) => `/services/${service(i)}/logs/patterns?${lastHours(24)}` },
    { page: 'logs of a service, errors, last hour', path: (i) => `/logs?service=${service(i)}&level=error` },
    {
      page: 'logs: words, 24 h',
      path: (i) => `/logs?service=${service(i)}&q=customer%20${(i * 971) % 50_000}&${lastHours(24)}`,
    },
    { page: 'logs: words that are nowhere, 24 h', path: (i) => `/logs?q=nowhere-${i}&${lastHours(24)}` },
    { page: 'traces of a route, last hour', path: (i) => `/traces?service=${service(i)}&route=${route(i)}` },
    { page: 'traces: failed, 24 h', path: (i) => `/traces?service=${service(i)}&failed=true&${lastHours(24)}` },
    {
      page: 'traces: slower than any, 24 h',
      path: (i) => `/traces?service=${service(i)}&min_ms=${100_000 + i}&${lastHours(24)}`,
    },
    { page: 'traces: an exception, 24 h', path: () => `/traces?exception=TimeoutError&${lastHours(24)}` },
    {
      page: 'traces: an exception that is nowhere, 24 h',
      path: (i) => `/traces?service=${service(i)}&exception=Nowhere${i}&${lastHours(24)}`,
    },
    { page: 'trace by id', path: (i) => `/traces/${nth(found.traces, i)}` },
    { page: 'trace beside its operations', path: (i) => `/traces/${nth(found.traces, i)}/baseline` },
    { page: 'trace by an id that is not there', path: (i) => `/traces/${String(i).padStart(32, 'f')}` },
  ]
}

async function measure(bed: WebBed, { page, path }: Page): Promise<string> {
  const tookMs: number[] = []
  let bytes = 0
  for (let i = -1; i < CALLS; i++) {
    const startedMs = performance.now()
    const response = await fetch(`${bed.url}/api/v1${path(i + 1)}`)
    const text = await response.text()
    if (response.status >= 400 && !page.includes('not there'))
      throw new Error(`${page}: ${response.status} ${text} ${bed.errors.at(-1) ?? ''}`)
    if (i >= 0) tookMs.push(performance.now() - startedMs)
    bytes = Math.max(bytes, text.length)
  }
  const ms = (q: number) => quantile(tookMs, q).toFixed(0).padStart(6)
  return `${page.padEnd(42)} p50 ${ms(0.5)} ms  p95 ${ms(0.95)} ms  ${(bytes / 1024).toFixed(0).padStart(5)} KiB`
}

/** What the pages ask, over a day of 100 million spans, 10 million log lines and their rollups, through the API. */
const run: Bench = async ({ scale, say }) => {
  const bed = await openWeb(END_MS)
  try {
    const startedMs = performance.now()
    const spans = Math.round((SPANS * scale) / HOURS)
    for (let hour = 0; hour < HOURS; hour++) {
      await drawHour(bed.store, { fromMs: END_MS - (HOURS - hour) * HOUR_MS, endMs: END_MS, spans, hour })
      if (hour % 6 === 5)
        say(
          `${((hour + 1) * spans).toLocaleString('en-US')} spans after ${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
        )
    }
    const deploys = await tellDeploys(bed, END_MS)
    await judge(bed, END_MS)
    const [size] = await bed.store.rows<{ spans: string; bytes: string }>(
      `SELECT sum(rows) AS spans, sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND table = 'otel_traces' AND database = currentDatabase()`,
    )
    say(
      `${Number(size!.spans).toLocaleString('en-US')} spans on disk, ${(Number(size!.bytes) / Number(size!.spans)).toFixed(1)} bytes each`,
    )
    const traces = await bed.store.rows<{ id: string }>(
      `SELECT TraceId AS id FROM otel_traces WHERE ParentSpanId = '' AND Timestamp >= fromUnixTimestamp64Milli({from:Int64}) ORDER BY sipHash64(TraceId) LIMIT ${CALLS}`,
      { from: END_MS - HOURS * HOUR_MS },
    )
    const found = { traces: traces.map((t) => t.id), deploys, anomalies: [] }
    for (const page of pagesOf(found)) say(await measure(bed, page))
  } finally {
    await bed.close()
  }
}

export default run
