import { OTLPLogExporter as LogsGrpc } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as LogsJson } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as LogsProto } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as MetricsGrpc } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as MetricsJson } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as MetricsProto } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as TracesGrpc } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as TracesJson } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as TracesProto } from '@opentelemetry/exporter-trace-otlp-proto'
import { logs, metrics, resources, tracing } from '@opentelemetry/sdk-node'

export const ways = (['http/protobuf', 'http/json', 'grpc'] as const).flatMap((protocol) =>
  (['none', 'gzip'] as const).map((compression) => ({ protocol, compression })),
)
export type Way = (typeof ways)[number]

const makers = {
  'http/protobuf': { traces: TracesProto, logs: LogsProto, metrics: MetricsProto },
  'http/json': { traces: TracesJson, logs: LogsJson, metrics: MetricsJson },
  grpc: { traces: TracesGrpc, logs: LogsGrpc, metrics: MetricsGrpc },
}

type Result = { code: number; error?: { code?: number } }
type Exporter = { export(items: never, done: (result: Result) => void): void }

/** Counts the items whose export ended in an error: those the SDK has dropped. */
function counting<E extends Exporter>(exporter: E, dropped: (items: number) => void): E {
  const send = exporter.export.bind(exporter)
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== 0) dropped((items as unknown[]).length ?? 1)
      done(result)
    })
  return exporter
}

/** gRPC's CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE and DATA_LOSS: what OTLP says may be sent again. */
const RETRYABLE = new Set([1, 4, 10, 11, 14, 15])
const RETRY_FOR_MS = 60_000

/** Sends again what may be sent again, as docs/sending-data.md tells users of the gRPC exporter, which does not do so itself. */
function retrying<E extends Exporter>(exporter: E): E {
  const send = exporter.export.bind(exporter)
  exporter.export = (items, done) => {
    const endMs = Date.now() + RETRY_FOR_MS
    const attempt = (waitMs: number) =>
      send(items, (result) => {
        if (!RETRYABLE.has(result.error?.code ?? 0) || Date.now() + waitMs > endMs) done(result)
        else setTimeout(attempt, waitMs, Math.min(waitMs * 2, 5000))
      })
    attempt(500)
  }
  return exporter
}

/**
 * An application with the stock SDK: `emit` makes one span and one log record, `count` a counter point of its own name, `collect`
 * sends one point of the gauge `tick`, whose value grows by one each time; `flush` sends all that waits.
 */
export function application(way: Way, at: { http: string; grpc: string }) {
  const url = (path: string) => (way.protocol === 'grpc' ? at.grpc : `${at.http}/v1/${path}`)
  const options = (path: string) => ({ url: url(path), compression: way.compression as never, timeoutMillis: 30_000 })
  const make = makers[way.protocol]
  const drops = { traces: 0, logs: 0, metrics: 0 }
  const exporterOf = (signal: keyof typeof drops) => {
    const exporter = new make[signal](options(signal)) as never as Exporter
    return counting(way.protocol === 'grpc' ? retrying(exporter) : exporter, (n) => {
      drops[signal] += n
    })
  }
  const resource = resources.resourceFromAttributes({ 'service.name': `${way.protocol}-${way.compression}` })
  const batch = { scheduledDelayMillis: 300, maxQueueSize: 100_000, exportTimeoutMillis: 60_000 }
  const traces = new tracing.BasicTracerProvider({
    resource,
    spanProcessors: [new tracing.BatchSpanProcessor(exporterOf('traces') as never, batch)],
  })
  const logging = new logs.LoggerProvider({
    resource,
    processors: [new logs.BatchLogRecordProcessor({ exporter: exporterOf('logs'), ...batch } as never)],
  })
  const reader = new metrics.PeriodicExportingMetricReader({
    exporter: exporterOf('metrics') as never,
    exportIntervalMillis: 600_000,
    exportTimeoutMillis: 60_000,
  })
  const meters = new metrics.MeterProvider({ resource, readers: [reader] })
  const tracer = traces.getTracer('test')
  const logger = logging.getLogger('test')
  const meter = meters.getMeter('test')
  let ticks = 0
  meter.createObservableGauge('tick').addCallback((result) => result.observe(++ticks))
  return {
    drops,
    get ticks() {
      return ticks
    },
    collect: () => meters.forceFlush(),
    emit(id: string) {
      tracer.startSpan(id, { attributes: { id } }).end()
      logger.emit({ body: id })
    },
    count(id: string) {
      meter.createCounter(id).add(1)
    },
    flush: () => Promise.all([traces.forceFlush(), logging.forceFlush(), meters.forceFlush()]),
    stop: async () => {
      await Promise.allSettled([traces.shutdown(), logging.shutdown(), meters.shutdown()])
    },
  }
}
