import { VARYING_ATTRIBUTES } from '../../../shared/model/series-identity.ts'
import { rawWithin } from '../../../shared/store/within.ts'

/** How far back the point before is looked for: five of the usual export intervals of a minute. Older ones are a gap: no data. */
export const LOOKBACK_MINUTES = 5

export const MINUTES =
  'TimeUnix >= fromUnixTimestamp64Milli({from_ms:Int64}) AND TimeUnix < fromUnixTimestamp64Milli({to_ms:Int64}) AND toUnixTimestamp(toStartOfMinute(TimeUnix)) IN {minutes:Array(UInt32)}'
/** The minutes, and what stands so shortly before them that it matters to them. */
const WIDE = rawWithin(
  'TimeUnix',
  `fromUnixTimestamp64Milli({from_ms:Int64} - ${LOOKBACK_MINUTES * 60_000})`,
  'fromUnixTimestamp64Milli({to_ms:Int64})',
)

/** Names in SQL: constants of ours, without quotes in them. */
const VARYING = VARYING_ATTRIBUTES.map((name) => `'${name}'`).join(', ')
/** What tells a series from others over deploys, without what says which build or process sent it. */
export const lasting = (attributes: string): string =>
  `toString(mapSort(mapFilter((k, v) -> k NOT IN (${VARYING}), ${attributes})))`

export const KEY = 'service, environment, version, commit, metric'
/** Rows that another writer put there have no SeriesId. */
const SERIES = `if(SeriesId = 0, cityHash64(ServiceName, Environment, MetricName, ${lasting('Attributes')}), SeriesId)`
/** The stream of points of one writer, as OTLP's data model identifies it: resource, scope, metric and attributes. */
const STREAM =
  'cityHash64(ServiceName, Environment, Version, Commit, Instance, ResourceAttributes, ScopeName, ScopeVersion, MetricName, MetricUnit, Attributes) AS stream'
/** Bit 0 of Flags, "no recorded value": the series ends here. */
export const STALE = 'bitAnd(Flags, 1)'

/** Points of a table in the minutes, or in those and the ones before (`wide`), by stream; `more` are its own columns. */
export const points = (o: { table: string; more: string; where: string; wide: boolean }): string =>
  `SELECT ${STREAM}, TimeUnix, StartTimeUnix, ${o.more} FROM ${o.table} WHERE ${o.wide ? WIDE : MINUTES} AND ${o.where}`

/** What is told of each stream with points in the minutes. Apart from the points, since names and maps are dear to sort along with them. */
export const streams = (table: string): string =>
  `SELECT ${STREAM}, any(ServiceName) AS service, any(Environment) AS environment, any(Version) AS version, any(Commit) AS commit, any(MetricName) AS metric,
    any(MetricUnit) AS unit_, any(Instance) AS instance_, any(Attributes) AS attributes_, any(${SERIES}) AS series FROM ${table} WHERE ${MINUTES} GROUP BY stream`
