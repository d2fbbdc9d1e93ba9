import { Block, type Field, field, LOW_CARD, MAP, NANOS, STRING } from './block.ts'
import { ArrayOf, Ends, Small, Text, Words } from './columns.ts'
import type { Table } from './index.ts'
import { MapColumn } from './map.ts'
import { classifyPointKey } from './roles.ts'
import { RunLowCard, RunMap, RunNumber, Runs, RunText } from './runs.ts'

/** What all points of one metric share. */
export type MetricRow = {
  name: string
  description: string
  unit: string
  temporality: number
  isMonotonic: boolean
  /** Of the name, for series ids. */
  hashLo: number
  hashHi: number
}

/** The open rows of a metrics table: what all five have. */
export abstract class PointBlock extends Block {
  readonly metrics = new Runs<MetricRow>()
  readonly attributes = new MapColumn(classifyPointKey)
  readonly start = new Words()
  readonly time = new Words()
  readonly flags = new Words()
  readonly series = new Words()

  constructor(table: Table) {
    super(table)
    this.runs.push(this.metrics as Runs<never>)
  }

  protected head(): Field[] {
    const { resources, scopes, metrics } = this
    return [
      field('ResourceAttributes', MAP, new RunMap(resources, (r) => r.attributes)),
      field('ResourceSchemaUrl', STRING, new RunText(resources, (r) => r.schemaUrl)),
      field('ScopeName', STRING, new RunText(scopes, (s) => s.name)),
      field('ScopeVersion', STRING, new RunText(scopes, (s) => s.version)),
      field('ScopeAttributes', MAP, new RunMap(scopes, (s) => s.attributes)),
      field('ScopeDroppedAttrCount', 'UInt32', new RunNumber(scopes, 4, (s) => s.dropped)),
      field('ScopeSchemaUrl', STRING, new RunText(scopes, (s) => s.schemaUrl)),
      field('ServiceName', LOW_CARD, new RunLowCard(resources, (r) => r.service)),
      field('MetricName', LOW_CARD, new RunLowCard(metrics, (m) => m.name)),
      field('MetricDescription', STRING, new RunText(metrics, (m) => m.description)),
      field('MetricUnit', STRING, new RunText(metrics, (m) => m.unit)),
      field('Attributes', MAP, this.attributes),
      field('StartTimeUnix', NANOS, this.start),
      field('TimeUnix', NANOS, this.time),
    ]
  }

  protected tail(...own: Field[]): Field[] {
    return [...this.ours(), ...own, field('SeriesId', 'UInt64', this.series)]
  }

  protected flagsField(): Field {
    return field('Flags', 'UInt32', this.flags)
  }

  protected temporality(): Field {
    return field('AggregationTemporality', 'Int32', new RunNumber(this.metrics, 4, (m) => m.temporality))
  }
}

/** The columns of Exemplars Nested. */
export class ExemplarColumns {
  readonly ends = new Ends()
  readonly attributes = new MapColumn()
  readonly time = new Words()
  readonly value = new Words()
  readonly spanId = new Text()
  readonly traceId = new Text()

  fields(): Field[] {
    const { ends } = this
    return [
      field('Exemplars.FilteredAttributes', `Array(${MAP})`, new ArrayOf(ends, this.attributes, true)),
      field('Exemplars.TimeUnix', `Array(${NANOS})`, new ArrayOf(ends, this.time, false)),
      field('Exemplars.Value', 'Array(Float64)', new ArrayOf(ends, this.value, false)),
      field('Exemplars.SpanId', 'Array(String)', new ArrayOf(ends, this.spanId, false)),
      field('Exemplars.TraceId', 'Array(String)', new ArrayOf(ends, this.traceId, false)),
    ]
  }
}

/** The open rows of otel_metrics_gauge and otel_metrics_sum. */
export class NumberBlock extends PointBlock {
  readonly value = new Words()
  readonly valueInt = new Words()
  readonly isInt = new Small(1)
  readonly exemplars = new ExemplarColumns()
  readonly fields: Field[]

  constructor(table: 'otel_metrics_gauge' | 'otel_metrics_sum') {
    super(table)
    const isMonotonic = field('IsMonotonic', 'Bool', new RunNumber(this.metrics, 1, (m) => (m.isMonotonic ? 1 : 0)))
    this.fields = [
      ...this.head(),
      field('Value', 'Float64', this.value),
      this.flagsField(),
      ...this.exemplars.fields(),
      ...(table === 'otel_metrics_sum' ? [this.temporality(), isMonotonic] : []),
      ...this.tail(field('ValueInt', 'Int64', this.valueInt), field('IsInt', 'UInt8', this.isInt)),
    ]
  }
}

/** What both kinds of histogram have beside their buckets. */
abstract class DistributionBlock extends PointBlock {
  readonly count = new Words()
  readonly sum = new Words()
  readonly min = new Words()
  readonly max = new Words()
  readonly hasSum = new Small(1)
  readonly hasMinMax = new Small(1)
  readonly exemplars = new ExemplarColumns()

  protected middle(...buckets: Field[]): Field[] {
    return [
      ...this.head(),
      field('Count', 'UInt64', this.count),
      field('Sum', 'Float64', this.sum),
      ...buckets,
      ...this.exemplars.fields(),
      this.flagsField(),
      field('Min', 'Float64', this.min),
      field('Max', 'Float64', this.max),
      this.temporality(),
    ]
  }

  protected presence(): Field[] {
    return [field('HasSum', 'UInt8', this.hasSum), field('HasMinMax', 'UInt8', this.hasMinMax)]
  }
}

/** The open rows of otel_metrics_histogram. */
export class HistogramBlock extends DistributionBlock {
  readonly countEnds = new Ends()
  readonly counts = new Words()
  readonly boundEnds = new Ends()
  readonly bounds = new Words()
  readonly fields: Field[]

  constructor() {
    super('otel_metrics_histogram')
    this.fields = [
      ...this.middle(
        field('BucketCounts', 'Array(UInt64)', new ArrayOf(this.countEnds, this.counts, true)),
        field('ExplicitBounds', 'Array(Float64)', new ArrayOf(this.boundEnds, this.bounds, true)),
      ),
      ...this.tail(...this.presence()),
    ]
  }
}

/** The open rows of otel_metrics_exponential_histogram. */
export class ExponentialBlock extends DistributionBlock {
  readonly scale = new Words()
  readonly zeroCount = new Words()
  readonly positiveOffset = new Words()
  readonly positiveEnds = new Ends()
  readonly positive = new Words()
  readonly negativeOffset = new Words()
  readonly negativeEnds = new Ends()
  readonly negative = new Words()
  readonly zeroThreshold = new Words()
  readonly fields: Field[]

  constructor() {
    super('otel_metrics_exponential_histogram')
    this.fields = [
      ...this.middle(
        field('Scale', 'Int32', this.scale),
        field('ZeroCount', 'UInt64', this.zeroCount),
        field('PositiveOffset', 'Int32', this.positiveOffset),
        field('PositiveBucketCounts', 'Array(UInt64)', new ArrayOf(this.positiveEnds, this.positive, true)),
        field('NegativeOffset', 'Int32', this.negativeOffset),
        field('NegativeBucketCounts', 'Array(UInt64)', new ArrayOf(this.negativeEnds, this.negative, true)),
      ),
      ...this.tail(field('ZeroThreshold', 'Float64', this.zeroThreshold), ...this.presence()),
    ]
  }
}

/** The open rows of otel_metrics_summary. */
export class SummaryBlock extends PointBlock {
  readonly count = new Words()
  readonly sum = new Words()
  readonly quantileEnds = new Ends()
  readonly quantiles = new Words()
  readonly values = new Words()
  readonly fields: Field[]

  constructor() {
    super('otel_metrics_summary')
    const { quantileEnds } = this
    this.fields = [
      ...this.head(),
      field('Count', 'UInt64', this.count),
      field('Sum', 'Float64', this.sum),
      field('ValueAtQuantiles.Quantile', 'Array(Float64)', new ArrayOf(quantileEnds, this.quantiles, true)),
      field('ValueAtQuantiles.Value', 'Array(Float64)', new ArrayOf(quantileEnds, this.values, false)),
      this.flagsField(),
      ...this.tail(),
    ]
  }
}
