import { describe, expect, it } from 'vitest'
import { attr, decode, decodeMetrics, encode, id, NOW, nanos, type Plain, point } from './support/otlp.ts'

/** docs/otlp.md on metrics, a rule a case; what takes several points to judge (O72–O77, O85, O86) is the detector's. */
describe('1.5 metrics', () => {
  const one = (data: Plain): Plain => decodeMetrics({ name: 'm', unit: 'ms', description: 'd', ...data })
  const rejects = (data: Plain): void => expect(one(data)).toMatchObject({ accepted: 0, rejected: 1, tables: {} })

  it('O66: type, unit, temporality and the monotonic flag are kept; integers stay exact', () => {
    const exact = 2n ** 62n + 1n
    const result = decodeMetrics(
      { name: 'g', unit: 'By', gauge: { dataPoints: [point({ asDouble: 1.5 }), point({ asInt: exact })] } },
      { name: 's', sum: { dataPoints: [point({ asInt: -1n })], aggregationTemporality: 1, isMonotonic: true } },
    )
    expect(result.tables.otel_metrics_gauge).toMatchObject([
      { MetricName: 'g', MetricUnit: 'By', Value: 1.5, IsInt: 0, ValueInt: 0n },
      { Value: Number(exact), IsInt: 1, ValueInt: exact },
    ])
    expect(result.tables.otel_metrics_sum).toMatchObject([
      { Value: -1, IsInt: 1, ValueInt: -1n, AggregationTemporality: 1, IsMonotonic: true },
    ])
  })

  it('O67: a point without time is rejected', () => rejects({ gauge: { dataPoints: [{ asDouble: 1 }] } }))
  it('O68: a point without value is rejected, an exemplar without value dropped', () => {
    rejects({ gauge: { dataPoints: [point()] } })
    const result = one({ gauge: { dataPoints: [point({ asInt: 1n, exemplars: [{ timeUnixNano: nanos(NOW) }] })] } })
    expect(result.tables.otel_metrics_gauge).toMatchObject([{ 'Exemplars.Value': [] }])
  })
  it('O69, O70: the flag "no recorded value" is kept, as are unknown flags', () => {
    expect(one({ gauge: { dataPoints: [point({ flags: 1 })] } }).tables.otel_metrics_gauge).toMatchObject([
      { Flags: 1, Value: 0 },
    ])
    expect(one({ gauge: { dataPoints: [point({ flags: 254, asInt: 1n })] } }).tables.otel_metrics_gauge).toMatchObject([
      { Flags: 254 },
    ])
  })
  it('O71: sums and histograms without temporality are rejected', () => {
    rejects({ sum: { dataPoints: [point({ asInt: 1n })] } })
    rejects({ histogram: { dataPoints: [point({ count: 0n })] } })
    rejects({ exponentialHistogram: { dataPoints: [point({ count: 0n })] } })
  })

  const histogram = (over: Plain): Plain => one({ histogram: { aggregationTemporality: 2, dataPoints: [point(over)] } })
  it.each([
    ['buckets that do not fit their bounds', { bucketCounts: [1n], explicitBounds: [1], count: 1n }],
    ['bounds without buckets', { explicitBounds: [1], count: 1n }],
    ['equal bounds', { bucketCounts: [1n, 0n, 0n], explicitBounds: [1, 1], count: 1n }],
    ['a NaN among bounds', { bucketCounts: [1n, 0n], explicitBounds: [Number.NaN], count: 1n }],
  ])('O78: a histogram with %s is rejected', (_, over) => {
    expect(histogram(over)).toMatchObject({ accepted: 0, rejected: 1, tables: {} })
  })
  it('O78: count and sum only are valid; a count that is not the sum of the buckets is kept with a remark', () => {
    expect(histogram({ count: 5n, sum: 2 })).toMatchObject({
      accepted: 1,
      remarks: [],
      tables: { otel_metrics_histogram: [{ Count: 5n, Sum: 2, HasSum: 1 }] },
    })
    const odd = histogram({ count: 5n, bucketCounts: [1n, 1n], explicitBounds: [0] })
    expect(odd).toMatchObject({ accepted: 1, rejected: 0 })
    expect(odd.remarks).toHaveLength(1)
  })
  it('O79: a histogram without sum, with min and max', () => {
    const row = histogram({ count: 1n, bucketCounts: [1n], min: -1, max: 2 }).tables.otel_metrics_histogram[0]
    expect(row).toMatchObject({
      HasSum: 0,
      Sum: 0,
      HasMinMax: 1,
      Min: -1,
      Max: 2,
      BucketCounts: [1n],
      ExplicitBounds: [],
    })
  })

  const exponential = (over: Plain): Plain =>
    one({ exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point(over)] } })
  it.each([-10, 0, 20])(
    'O80: an exponential histogram of scale %i with negative and zero buckets is stored',
    (scale) => {
      const over = {
        scale,
        count: 6n,
        zeroCount: 1n,
        zeroThreshold: 0.5,
        negative: { offset: -1, bucketCounts: [2n] },
        positive: { offset: 0, bucketCounts: [3n, 0n] },
      }
      expect(exponential(over).tables.otel_metrics_exponential_histogram[0]).toMatchObject({
        Scale: scale,
        ZeroCount: 1n,
        ZeroThreshold: 0.5,
        NegativeOffset: -1,
        NegativeBucketCounts: [2n],
        PositiveOffset: 0,
        PositiveBucketCounts: [3n, 0n],
        AggregationTemporality: 1,
      })
    },
  )
  it.each([
    ['a scale of 21', { scale: 21 }],
    ['a scale of −11', { scale: -11 }],
    ['an index beyond the doubles', { scale: 0, positive: { offset: 1024, bucketCounts: [1n] }, count: 1n }],
    ['an index below the doubles', { scale: 0, positive: { offset: -1076, bucketCounts: [1n] }, count: 1n }],
  ])('O81: %s is rejected', (_, over) => {
    expect(exponential(over)).toMatchObject({ accepted: 0, rejected: 1 })
  })

  it('O82: quantiles outside 0 to 1, or not increasing, are dropped', () => {
    const quantileValues = [0, 0.5, 0.5, 1.1, 1].map((quantile, i) => ({ quantile, value: i }))
    const result = one({ summary: { dataPoints: [point({ count: 3n, sum: 1, quantileValues })] } })
    expect(result.tables.otel_metrics_summary[0]).toMatchObject({
      'ValueAtQuantiles.Quantile': [0, 0.5, 1],
      'ValueAtQuantiles.Value': [0, 1, 4],
      Count: 3n,
    })
    expect(result.remarks).toHaveLength(1)
  })
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('O83: %d is stored', (asDouble) => {
    expect(one({ gauge: { dataPoints: [point({ asDouble })] } }).tables.otel_metrics_gauge[0].Value).toBe(asDouble)
  })
  it('O84: exemplars keep their value, attributes and trace', () => {
    const exemplars = [
      {
        timeUnixNano: nanos(NOW),
        asInt: 7n,
        traceId: id(16, 5),
        spanId: id(8, 5),
        filteredAttributes: [attr('a', 'b')],
      },
    ]
    expect(
      one({ gauge: { dataPoints: [point({ asInt: 1n, exemplars })] } }).tables.otel_metrics_gauge[0],
    ).toMatchObject({
      'Exemplars.Value': [7],
      'Exemplars.TraceId': ['a0000000000000000000000000000005'],
      'Exemplars.SpanId': ['a000000000000005'],
      'Exemplars.FilteredAttributes': [[['a', 'b']]],
    })
  })
  it('O87: a metric without data is skipped', () => {
    expect(one({})).toMatchObject({ accepted: 0, rejected: 0, remarks: [] })
  })

  it('a series keeps its id over versions, commits, instances and the order of attributes, and differs by all else', () => {
    const series = (resource: Plain[], attributes: Plain[], name = 'm'): Plain => {
      const metric = { name, gauge: { dataPoints: [point({ asInt: 1n, attributes })] } }
      const request = {
        resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics: [metric] }] }],
      }
      return decode('metrics', encode('metrics', request)).tables.otel_metrics_gauge![0]!.SeriesId
    }
    const shop = attr('service.name', 'shop')
    const [a, b] = [attr('a', '1'), attr('b', '2')]
    const known = series([shop], [a, b])
    expect(
      series(
        [shop, attr('service.version', '2'), attr('service.instance.id', 'i'), attr('vcs.ref.head.revision', 'c')],
        [b, a],
      ),
    ).toBe(known)
    const others = [
      series([attr('service.name', 'cart')], [a, b]),
      series([shop, attr('deployment.environment.name', 'x')], [a, b]),
      series([shop], [a]),
    ]
    const more = [series([shop], [attr('a', '2'), attr('b', '1')]), series([shop], [a, b], 'n'), series([shop], [])]
    expect(new Set([known, ...others, ...more]).size).toBe(7)
  })
})
