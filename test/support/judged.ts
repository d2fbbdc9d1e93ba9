import { migrate, readMigrations, variablesFor } from '../../shared/store/migrate.ts'
import { openServer } from '../../shared/store/server.ts'
import { openTestServer } from './clickhouse-server.ts'
import { handDriven } from './detector.ts'
import { openIngest } from './ingest.ts'
import { encodeRequest } from './otlp.ts'
import { until } from './wait.ts'

async function openServed() {
  const server = await openTestServer()
  const store = await openServer(server.url)
  await migrate(store, readMigrations('migrations'), variablesFor({ cluster: '', retentionDays: 3650 }))
  const close = async () => {
    await store.close()
    await server.close()
  }
  return { store, close }
}

/** What was sent by OTLP, judged by a detector driven by hand: with the embedded engine, or with a ClickHouse server. */
export async function openJudged(engine: 'embedded' | 'served') {
  const served = engine === 'served' ? await openServed() : null
  const bed = await openIngest(served ? { wrap: () => served.store } : {})
  const { store } = bed.context
  const d = handDriven({ ...bed, store })
  return {
    d,
    store,
    post: async (signal: 'traces' | 'logs', request: object) => {
      const headers = { 'content-type': 'application/x-protobuf' }
      const body = new Uint8Array(encodeRequest(signal, request))
      const response = await fetch(`${bed.http}/v1/${signal}`, { method: 'POST', headers, body })
      if (response.status !== 200) throw new Error(`${signal} were answered ${response.status}`)
    },
    /** Waits until so many spans are stored, and has everything judged. */
    settle: async (spans: number) => {
      const sql = `SELECT 1 FROM (SELECT count() AS n FROM otel_traces) WHERE n >= ${spans}`
      await until('all spans', async () => ((await store.rows(sql)).length > 0 ? true : undefined))
      // What is noted of them is in its table after a stop.
      await bed.restart()
      d.advance(1000)
      await d.settle()
    },
    close: async () => {
      await bed.close()
      await served?.close()
    },
  }
}
