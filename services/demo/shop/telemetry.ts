import { createRequire } from 'node:module'
import { logs as logsApi, SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { logs, metrics, NodeSDK, resources, tracing } from '@opentelemetry/sdk-node'
import type { CapturedSpan } from '../history.ts'

export type Telemetry = { info(body: string): void; error(body: string, cause: Error): void; stop(): Promise<void> }

export type TelemetryOptions = {
  service: string
  version: string
  commit: string
  instance: string
  endpoint: string
  onSpan: (span: CapturedSpan) => void
}

/** Starts the stock OpenTelemetry SDK as a user would: traces, metrics and logs by OTLP/HTTP, `node:http` instrumented. */
export function startTelemetry(o: TelemetryOptions): Telemetry {
  const traceExporter = new OTLPTraceExporter({ url: `${o.endpoint}/v1/traces` })
  const metricExporter = new OTLPMetricExporter({ url: `${o.endpoint}/v1/metrics` })
  const logExporter = new OTLPLogExporter({ url: `${o.endpoint}/v1/logs` })
  const sdk = new NodeSDK({
    // What the SDK says of itself stands beside, as it does where a user leaves the resource to it.
    resource: resources.defaultResource().merge(
      resources.resourceFromAttributes({
        'service.name': o.service,
        'service.version': o.version,
        'service.instance.id': o.instance,
        'vcs.ref.head.revision': o.commit,
        'deployment.environment.name': 'demo',
      }),
    ),
    autoDetectResources: false,
    spanProcessors: [
      new tracing.BatchSpanProcessor(traceExporter, { scheduledDelayMillis: 1000 }),
      captureTo(o.onSpan),
    ],
    metricReaders: [
      new metrics.PeriodicExportingMetricReader({
        exporter: metricExporter,
        exportIntervalMillis: 5000,
        exportTimeoutMillis: 4000,
      }),
    ],
    logRecordProcessors: [new logs.BatchLogRecordProcessor({ exporter: logExporter, scheduledDelayMillis: 1000 })],
    instrumentations: [new HttpInstrumentation()],
  })
  sdk.start()
  // The instrumentation patches what `require` returns from now on, which is the object behind `import` as well.
  createRequire(import.meta.url)('node:http')
  const log = logsApi.getLogger('shop')
  return {
    info: (body) => log.emit({ severityNumber: SeverityNumber.INFO, severityText: 'INFO', body }),
    error: (body, cause) => {
      const attributes = { 'exception.type': cause.name, 'exception.message': cause.message }
      log.emit({ severityNumber: SeverityNumber.ERROR, severityText: 'ERROR', body, attributes })
    },
    stop: () => sdk.shutdown(),
  }
}

/** Hands every finished span on, plain enough to cross a process boundary. */
function captureTo(onSpan: (span: CapturedSpan) => void): tracing.SpanProcessor {
  return {
    onStart: () => {},
    onEnd: (span) => {
      const { traceId, spanId } = span.spanContext()
      onSpan({
        traceId,
        spanId,
        parentSpanId: span.parentSpanContext?.spanId ?? '',
        name: span.name,
        kind: span.kind + 1,
        startMs: span.startTime[0] * 1000 + span.startTime[1] / 1e6,
        durationMs: span.duration[0] * 1000 + span.duration[1] / 1e6,
        attributes: span.attributes,
        statusCode: span.status.code,
      })
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  }
}
