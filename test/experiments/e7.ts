import { DiagLogLevel, diag } from '@opentelemetry/api'
import { queryFolder, startChild } from '../support/child.ts'
import { application, ways } from '../support/exporters.ts'
import { inFolder, numberArgs, say, sleep, verdict } from './kills.ts'
import type { Experiment } from './main.ts'

const PORTS = { PLUMBLINE_OTLP_HTTP_PORT: '', PLUMBLINE_OTLP_GRPC_PORT: '' }

/** E7: the stock exporters, all protocols, gzip on and off, while the server is killed every `everyS` for `seconds`. */
const run: Experiment = async (args) => {
  const { seconds, everyS } = numberArgs(args, { seconds: 60, everyS: 10 })
  let complaints = 0
  const count = () => {
    complaints += 1
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
      queryFolder<{ n: string; ids: string }>(dir, `SELECT count() AS n, uniqExact(${column}) AS ids FROM ${table}`)
    const [spans] = await counted('otel_traces', 'SpanName')
    const [logs] = await counted('otel_logs', 'Body')
    const sent = emitted * ways.length
    const figures = { kills, sentSpans: sent, sentLogs: sent, spans: spans?.n, logs: logs?.n, sdkErrors: complaints }
    const passed = [spans, logs].every((row) => row?.n === String(sent) && row.ids === String(sent))
    verdict('E7', passed && complaints === 0, figures)
  })
}

export default run
