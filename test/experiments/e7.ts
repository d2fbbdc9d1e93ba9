import { DiagLogLevel, diag } from '@opentelemetry/api'
import { queryFolder, startChild } from '../support/child.ts'
import { application, ways } from '../support/exporters.ts'
import { inFolder, numberArgs, say, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

const PORTS = { PLUMBLINE_OTLP_HTTP_PORT: '', PLUMBLINE_OTLP_GRPC_PORT: '' }

/**
 * The gRPC exporter of this SDK does not try again when the server cannot be reached, and says so: what it reports as dropped
 * is no loss of ours. All else must be stored, once.
 *
 * E7: the stock exporters, all protocols, gzip on and off, while the server is killed every `everyS` for `seconds`. */
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
    let child = await startChild(dir)
    const { otlpHttp, otlpGrpc } = child.urls
    const env = {
      ...PORTS,
      PLUMBLINE_OTLP_HTTP_PORT: new URL(otlpHttp).port,
      PLUMBLINE_OTLP_GRPC_PORT: new URL(otlpGrpc).port,
    }
    const apps = ways.map((way) => ({ way, app: application(way, { http: otlpHttp, grpc: otlpGrpc }) }))
    const endMs = performance.now() + seconds * 1000
    let emitted = 0
    const emitting = (async () => {
      while (performance.now() < endMs) {
        for (const { way, app } of apps) app.emit(`${way.protocol}-${way.compression}-${emitted}`)
        emitted += 1
        await sleep(5)
      }
    })()
    let kills = 0
    while (performance.now() < endMs - 2000) {
      await sleep(Math.min(everyS * 1000, endMs - performance.now()))
      await child.kill()
      kills += 1
      child = await startChild(dir, env)
      say(`kill ${kills}: ready again after ${child.readyMs.toFixed(0)} ms`)
    }
    await emitting
    await Promise.all(apps.map(({ app }) => app.flush()))
    await Promise.all(apps.map(({ app }) => app.stop()))
    await sleep(1500)
    await child.stop()
    const counted = (table: string, column: string) =>
      queryFolder<{ way: string; n: string; ids: string }>(
        dir,
        `SELECT ServiceName AS way, count() AS n, uniqExact(${column}) AS ids FROM ${table} GROUP BY way`,
      )
    const tables = { traces: await counted('otel_traces', 'SpanName'), logs: await counted('otel_logs', 'Body') }
    for (const [text, times] of texts) say(`${times} × ${text}`)
    const total = { sent: 0, stored: 0, doubled: 0, lost: 0, droppedByHttpSdk: 0, droppedByGrpcSdk: 0 }
    for (const { way, app } of apps) {
      for (const signal of ['traces', 'logs'] as const) {
        const row = tables[signal].find((r) => r.way === `${way.protocol}-${way.compression}`)
        const dropped = app.drops[signal]
        total.sent += emitted
        total.stored += Number(row?.ids ?? 0)
        total.doubled += Number(row?.n ?? 0) - Number(row?.ids ?? 0)
        total.lost += Math.max(0, emitted - dropped - Number(row?.ids ?? 0))
        if (way.protocol === 'grpc') total.droppedByGrpcSdk += dropped
        else total.droppedByHttpSdk += dropped
      }
    }
    verdict('E7', total.lost === 0 && total.doubled === 0 && total.droppedByHttpSdk === 0, { kills, ...total })
  })
}

export default run
