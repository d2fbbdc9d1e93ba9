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

type Exporter = { export(items: never, done: (result: { code: number }) => void): void }

/** Counts the items whose export ended in an error: those the SDK has dropped. */
function counting<E extends Exporter>(exporter: E, dropped: (items: number) => void): E {
  const send = exporter.export.bind(exporter) as (items: unknown, done: (result: { code: number }) => void) => void
  exporter.export = (items: never, done: (result: { code: number }) => void) =>
    send(items, (result) => {
      if (result.code !== 0) dropped((items as unknown[]).length ?? 0)
      done(result)
    })
  return exporter
}

/**
 * An application with the stock SDK: `emit` makes one span, one log record and one counter point of its own name, `flush`
 * sends all that waits. `url` may change while it runs, as the server's port does when it starts again.
 */
export function application(way: Way, at: { http: string; grpc: string }) {
  const url = (path: string) => (way.protocol === 'grpc' ? at.grpc : `${at.http}/v1/${path}`)
  const options = (path: string) => ({ url: url(path), compression: way.compression as never, timeoutMillis: 30_000 })
  const make = makers[way.protocol]
  const drops = { traces: 0, logs: 0 }
  const spanExporter = counting(new make.traces(options('traces')) as never as Exporter, (n) => {
    drops.traces += n
  })
  const logExporter = counting(new make.logs(options('logs')) as never as Exporter, (n) => {
    drops.logs += n
  })
  const resource = resources.resourceFromAttributes({ 'service.name': `${way.protocol}-${way.compression}` })
  const batch = { scheduledDelayMillis: 300, maxQueueSize: 100_000, exportTimeoutMillis: 60_000 }
  const traces = new tracing.BasicTracerProvider({
    resource,
    spanProcessors: [new tracing.BatchSpanProcessor(spanExporter as never, batch)],
  })
  const logging = new logs.LoggerProvider({
    resource,
    processors: [new logs.BatchLogRecordProcessor({ exporter: logExporter, ...batch } as never)],
  })
  const reader = new metrics.PeriodicExportingMetricReader({
    exporter: new make.metrics(options('metrics')),
    exportIntervalMillis: 600_000,
    exportTimeoutMillis: 60_000,
  })
  const meters = new metrics.MeterProvider({ resource, readers: [reader] })
  const tracer = traces.getTracer('test')
  const logger = logging.getLogger('test')
  const meter = meters.getMeter('test')
  return {
    drops,
    emit(id: string) {
      tracer.startSpan(id).end()
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
