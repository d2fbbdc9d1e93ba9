import { SpanStatusCode, trace } from '@opentelemetry/api'
import type { Registry } from 'prom-client'
import { packageVersion } from './package.ts'
import { producerOf } from './telemetry-metrics.ts'

export type SelfTelemetry = { stop(): Promise<void> }

/** Passes shorter than this are not worth a span. */
const SHORT_MS = 20

/**
 * Sends Plumbline's own spans and metrics by OTLP/HTTP with the OpenTelemetry SDK, to where the `OTEL_*` variables say. The SDK is
 * loaded only when it is asked for: it costs about a second and 50 MB.
 */
export async function startSelfTelemetry(registry: Registry, nowMs: () => number): Promise<SelfTelemetry> {
  const { metrics, NodeSDK, resources } = await import('@opentelemetry/sdk-node')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http')
  const resource = resources
    .defaultResource()
    .merge(resources.resourceFromAttributes({ 'service.name': 'plumbline', 'service.version': packageVersion }))
  const exportIntervalMillis = Number(process.env.OTEL_METRIC_EXPORT_INTERVAL) || 15_000
  const producer = producerOf(registry, { version: packageVersion, startedMs: nowMs(), nowMs, resource })
  const reader = new metrics.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    metricProducers: [producer],
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(exportIntervalMillis, 10_000),
  })
  const sdk = new NodeSDK({ resource, traceExporter: new OTLPTraceExporter(), metricReaders: [reader] })
  sdk.start()
  return { stop: () => sdk.shutdown() }
}

/** Records one pass of a loop as a span, where self-telemetry is on. */
export function recordPass(loop: string, startedMs: number, endedMs: number, error?: Error): void {
  if (!error && endedMs - startedMs < SHORT_MS) return
  const span = trace
    .getTracer('plumbline', packageVersion)
    .startSpan(`pass ${loop}`, { startTime: startedMs, attributes: { 'plumbline.loop': loop } })
  if (error) {
    span.recordException(error)
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  }
  span.end(endedMs)
}
