import { Registry } from 'prom-client'
import { ingest } from '../../services/ingest/service.ts'
import { systemClock } from '../../shared/runtime/clock.ts'
import { createLog, silentLog } from '../../shared/runtime/log.ts'
import type { Context, Service } from '../../shared/runtime/service.ts'
import type { Store } from '../../shared/store/store.ts'
import { type Bed, openBed } from './embedded.ts'
import { testConfig } from './timeline.ts'
import { until } from './wait.ts'

export type IngestBed = Bed & {
  context: Context
  service: Service
  http: string
  grpc: string
  /** Value of one of ingest's metrics, summed over its labels. */
  metric(name: string): Promise<number>
  /** Resolves when the query answers `rows` rows or more. */
  rows<T>(sql: string, rows: number): Promise<T[]>
  restart(): Promise<void>
}

/** The ingest service alone, in this process, on a fresh engine. `wrap` puts a faulty store in its place. */
export async function openIngest(
  o: { env?: Record<string, string>; wrap?: (store: Store) => Store } = {},
): Promise<IngestBed> {
  const bed = await openBed()
  const context: Context = {
    config: testConfig(bed.dir, o.env),
    clock: systemClock,
    log: process.env.PLUMBLINE_TEST_LOG ? createLog('debug') : silentLog(),
    store: o.wrap ? o.wrap(bed.store) : bed.store,
    state: bed.state,
    metrics: new Registry(),
    random: Math.random,
    urls: {},
    readiness: () => ({ ready: true, reasons: [] }),
  }
  const self: IngestBed = {
    ...bed,
    context,
    service: ingest(context),
    http: '',
    grpc: '',
    metric: async (name) => {
      const metric = await context.metrics.getSingleMetric(`plumbline_ingest_${name}`)?.get()
      return (metric?.values ?? []).reduce((sum, v) => sum + Number(v.value), 0)
    },
    rows: <T>(sql: string, rows: number) =>
      until(`${rows} rows of ${sql}`, async () => {
        const found = await bed.store.rows<T>(sql)
        return found.length >= rows ? found : undefined
      }),
    restart: async () => {
      await self.service.stop()
      context.metrics.clear()
      self.service = ingest(context)
      await start()
    },
    close: async () => {
      await self.service.stop()
      await bed.close()
    },
  }
  const start = async () => {
    await self.service.start()
    self.http = context.urls.otlpHttp ?? ''
    self.grpc = context.urls.otlpGrpc ?? ''
  }
  await start()
  return self
}
