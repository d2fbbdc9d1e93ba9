import type { metrics as sdk } from '@opentelemetry/sdk-node'
import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client'

type Time = [seconds: number, nanos: number]
type Span = { startTime: Time; endTime: Time }
type PromMetric = MetricObjectWithValues<MetricValue<string> & { metricName?: string }>

/** OTel's numbers for the kinds of points and for cumulative temporality (sdk-metrics: DataPointType, AggregationTemporality). */
const POINTS = { histogram: 0, gauge: 2, sum: 3 } as const
const CUMULATIVE = 1

const timeOf = (ms: number): Time => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]

const descriptor = (metric: PromMetric) => ({ name: metric.name, description: metric.help, unit: '', valueType: 1 })

function histogramPoints(metric: PromMetric, span: Span) {
  const groups = new Map<
    string,
    { attributes: Record<string, string | number>; le: [number, number][]; sum: number; count: number }
  >()
  for (const value of metric.values) {
    const { le, ...attributes } = value.labels as Record<string, string | number>
    const key = JSON.stringify(Object.entries(attributes).sort())
    const group = groups.get(key) ?? { attributes, le: [], sum: 0, count: 0 }
    groups.set(key, group)
    if (value.metricName?.endsWith('_sum')) group.sum = value.value
    else if (value.metricName?.endsWith('_count')) group.count = value.value
    else if (le !== '+Inf') group.le.push([Number(le), value.value])
  }
  return [...groups.values()].map(({ attributes, le, sum, count }) => {
    le.sort(([a], [b]) => a - b)
    // Prometheus counts up to each bound; OTLP counts within.
    const upTo = [...le.map(([, n]) => n), count]
    const counts = upTo.map((n, i) => n - (upTo[i - 1] ?? 0))
    return { ...span, attributes, value: { buckets: { boundaries: le.map(([bound]) => bound), counts }, sum, count } }
  })
}

function metricData(metric: PromMetric, span: Span) {
  const base = { descriptor: descriptor(metric), aggregationTemporality: CUMULATIVE }
  const type = String(metric.type)
  if (type === 'histogram')
    return { ...base, dataPointType: POINTS.histogram, dataPoints: histogramPoints(metric, span) }
  const dataPoints = metric.values.map((v) => ({
    ...span,
    attributes: v.labels as Record<string, string>,
    value: v.value,
  }))
  if (type === 'counter') return { ...base, dataPointType: POINTS.sum, isMonotonic: true, dataPoints }
  return { ...base, dataPointType: POINTS.gauge, dataPoints }
}

/** Gives what `/metrics` shows to the OpenTelemetry SDK, so that one set of figures serves both. Summaries are left out. */
export function producerOf(
  registry: Registry,
  o: { version: string; startedMs: number; nowMs: () => number; resource: unknown },
): sdk.MetricProducer {
  return {
    collect: async () => {
      const span = { startTime: timeOf(o.startedMs), endTime: timeOf(o.nowMs()) }
      const found = (await registry.getMetricsAsJSON()) as PromMetric[]
      const metrics = found.filter((m) => String(m.type) !== 'summary').map((m) => metricData(m, span))
      const scope = { name: 'plumbline', version: o.version }
      return {
        resourceMetrics: { resource: o.resource, scopeMetrics: [{ scope, metrics }] },
        errors: [],
      } as unknown as sdk.CollectionResult
    },
  }
}
