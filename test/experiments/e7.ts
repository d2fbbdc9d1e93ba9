import { DiagLogLevel, diag } from '@opentelemetry/api'
import { BUILT, queryFolder, startChild } from '../support/child.ts'
import { application, type Way, ways } from '../support/exporters.ts'
import { inFolder, numberArgs, say, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

const PORTS = { PLUMBLINE_OTLP_HTTP_PORT: '', PLUMBLINE_OTLP_GRPC_PORT: '' }

type Total = Record<'sent' | 'stored' | 'doubled' | 'lost' | 'droppedByHttpSdk' | 'droppedByGrpcSdk', number>
/** Spans are told apart by an attribute: names have a ceiling of distinct ones. */
const STORED = {
  traces:
    "SELECT ServiceName AS way, count() AS n, uniqExact(SpanAttributes['id']) AS ids FROM otel_traces GROUP BY way",
  logs: 'SELECT ServiceName AS way, count() AS n, uniqExact(Body) AS ids FROM otel_logs GROUP BY way',
  metrics:
    "SELECT ServiceName AS way, count() AS n, uniqExact(Value) AS ids FROM otel_metrics_gauge WHERE MetricName = 'tick' GROUP BY way",
}
type Sender = { way: Way; app: ReturnType<typeof application> }

/** Compares what each application made with the tables: what its SDK reported as dropped is no loss of ours. */
async function compare(dir: string, senders: Sender[], emitted: number): Promise<Total> {
  const total: Total = { sent: 0, stored: 0, doubled: 0, lost: 0, droppedByHttpSdk: 0, droppedByGrpcSdk: 0 }
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const rows = await queryFolder<{ way: string; n: string; ids: string }>(dir, STORED[signal])
    for (const { way, app } of senders) {
      const sent = signal === 'metrics' ? app.ticks : emitted
      const row = rows.find((r) => r.way === `${way.protocol}-${way.compression}`)
      const ids = Number(row?.ids ?? 0)
      total.sent += sent
      total.stored += ids
      total.doubled += Number(row?.n ?? 0) - ids
      total.lost += Math.max(0, sent - app.drops[signal] - ids)
      total[way.protocol === 'grpc' ? 'droppedByGrpcSdk' : 'droppedByHttpSdk'] += app.drops[signal]
    }
  }
  return total
}

/** Emits every 5 ms and collects metrics every second, until `endMs`. @returns how many of each were emitted */
async function emit(senders: Sender[], endMs: number): Promise<number> {
  let emitted = 0
  for (; performance.now() < endMs; emitted++) {
    for (const { way, app } of senders) app.emit(`${way.protocol}-${way.compression}-${emitted}`)
    if (emitted % 200 === 0) for (const { app } of senders) app.collect().catch(() => {})
    await sleep(5)
  }
  return emitted
}

/**
 * E7: the stock exporters, all protocols, gzip on and off, while the built product is killed every `everyS` for `seconds` (20 and
 * 600 for the full figure). Those of gRPC are set up as docs/sending-data.md says, since they try nothing again by themselves.
 */
const run: Experiment = async (args) => {
  const { seconds, everyS } = numberArgs(args, { seconds: 60, everyS: 10 })
  const texts = new Map<string, number>()
  const count = (...parts: unknown[]) => {
    const text = parts.map(String).join(' ').slice(0, 160)
    texts.set(text, (texts.get(text) ?? 0) + 1)
  }
  diag.setLogger(
    { error: count, warn: () => {}, info: () => {}, debug: () => {}, verbose: () => {} },
    DiagLogLevel.ERROR,
  )
  await inFolder('e7', async (dir) => {
    let child = await startChild(dir, {}, BUILT)
    const { otlpHttp, otlpGrpc } = child.urls
    const env = {
      ...PORTS,
      PLUMBLINE_OTLP_HTTP_PORT: new URL(otlpHttp).port,
      PLUMBLINE_OTLP_GRPC_PORT: new URL(otlpGrpc).port,
    }
    const senders = ways.map((way) => ({ way, app: application(way, { http: otlpHttp, grpc: otlpGrpc }) }))
    const endMs = performance.now() + seconds * 1000
    const emitting = emit(senders, endMs)
    let kills = 0
    let worstReadyMs = 0
    while (performance.now() < endMs - 2000) {
      await sleep(Math.min(everyS * 1000, endMs - performance.now()))
      await child.kill()
      kills += 1
      child = await startChild(dir, env, BUILT)
      worstReadyMs = Math.max(worstReadyMs, child.readyMs)
      say(`kill ${kills}: ready again after ${child.readyMs.toFixed(0)} ms`)
    }
    const emitted = await emitting
    await Promise.all(senders.map(({ app }) => app.flush()))
    await Promise.all(senders.map(({ app }) => app.stop()))
    await sleep(1500)
    await child.stop()
    for (const [text, times] of texts) say(`${times} × ${text}`)
    const total = await compare(dir, senders, emitted)
    const passed = total.lost === 0 && total.doubled === 0 && total.droppedByHttpSdk + total.droppedByGrpcSdk === 0
    verdict('E7', passed, { kills, ...total, worstReadyMs: Math.round(worstReadyMs) })
  })
}

export default run
