import type { Scope } from './service-detail.ts'
import type { Store } from './store.ts'
import { rawWithin } from './within.ts'

/** Requests of one side that are looked at, about: of more, those of some minutes, evenly spread. */
const SAMPLES = 10_000
/** … of six at least, and in these one in so many: a minute may be unlike the others. */
const LEAST_MINUTES = 6
const MINUTE_MS = 60_000
/** Values that are handed on: those whose shares differ most, of all requests or of the bad ones. */
const CANDIDATES = 400
const LONGEST_VALUE = 120
/** A value of fewer requests is no difference of two deploys. */
const LEAST_COUNT = 3
/** What differs between any two deploys, or in every request, tells nothing; nor do ids. Asked of values that were counted, which are fewer. */
const NOT_TOLD =
  '^(service\\.(version|name|instance\\..*)|host\\..*|k8s\\.(pod|replicaset|node)\\..*|container\\..*|process\\..*|os\\..*|telemetry\\..*|vcs\\..*|deployment\\..*|plumbline\\..*|url\\.(full|path|query)|http\\.(url|target)|client\\..*|net\\.(peer|sock)\\..*|network\\.(peer|local)\\..*|thread\\..*|code\\.lineno)$'

/** How many requests of each side have a value, of all that were looked at and of the bad ones. An empty key counts the requests themselves. */
export type ValueCount = { key: string; value: string; a: number; b: number; a_bad: number; b_bad: number }

export type AttributeRead = {
  a: Scope
  b: Scope
  /** Requests of each side, as the rollups have them: how much is to be left out. */
  requests: { a: number; b: number }
  /** A request that takes longer counts as bad; null where only failures do. */
  slowMs: number | null
}

/**
 * Values of span and resource attributes of both sides' requests. Of a busy side a sample: whole minutes, which lie together on disk, so that
 * little is read, and of these again one in so many.
 */
export function readAttributeCounts(store: Store, o: AttributeRead, signal: AbortSignal): Promise<ValueCount[]> {
  const [a, b] = [sideOf('a', o.a, o.requests.a), sideOf('b', o.b, o.requests.b)]
  const slow = o.slowMs === null ? '0' : 'Duration > {slow_ns:UInt64}'
  const from = ({ name, where }: SideSql) =>
    `SELECT '${name}' AS side, toUInt8(Failed != 0 OR ${slow}) AS bad, arrayConcat([('', '')], CAST(SpanAttributes, 'Array(Tuple(String, String))'), CAST(ResourceAttributes, 'Array(Tuple(String, String))')) AS pairs
     FROM otel_traces WHERE ${where} LIMIT ${2 * SAMPLES}`
  const share = (n: string) => `${n} / greatest(1, max(if(key = '', ${n}, 0)) OVER ())`
  const apart = (bad: string) => `abs(${share(`a${bad}`)} - ${share(`b${bad}`)})`
  return store
    .rows<Record<keyof ValueCount, string>>(
      `SELECT key, value, a, b, a_bad, b_bad FROM (
         SELECT pair.1 AS key, pair.2 AS value, countIf(side = 'a') AS a, countIf(side = 'b') AS b, countIf(side = 'a' AND bad) AS a_bad, countIf(side = 'b' AND bad) AS b_bad
         FROM (${from(a)} UNION ALL ${from(b)}) ARRAY JOIN arrayDistinct(pairs) AS pair
         WHERE length(value) <= ${LONGEST_VALUE} AND NOT endsWith(key, '.id') GROUP BY key, value HAVING a + b >= ${LEAST_COUNT}
       ) WHERE key = '' OR NOT match(key, '${NOT_TOLD.replaceAll('\\', '\\\\')}') ORDER BY key = '' DESC, greatest(${apart('')}, ${apart('_bad')}) DESC, key, value LIMIT ${CANDIDATES + 1}`,
      { ...a.params, ...b.params, slow_ns: Math.round((o.slowMs ?? 0) * 1e6) },
      signal,
    )
    .then((rows) =>
      rows.map((r) => ({
        ...{ key: r.key, value: r.value },
        ...{ a: Number(r.a), b: Number(r.b), a_bad: Number(r.a_bad), b_bad: Number(r.b_bad) },
      })),
    )
}

type SideSql = { name: 'a' | 'b'; where: string; params: Record<string, string | number> }

function sideOf(name: 'a' | 'b', scope: Scope, requests: number): SideSql {
  const all = Math.max(1, Math.ceil((scope.toMs - scope.fromMs) / MINUTE_MS))
  const minutes = Math.min(all, Math.max(LEAST_MINUTES, Math.ceil((all * SAMPLES) / Math.max(1, requests))))
  const oneIn = Math.max(1, Math.ceil((requests * minutes) / all / SAMPLES))
  const chosen = Array.from({ length: minutes }, (_, i) => scope.fromMs / 1000 + 60 * Math.floor((i * all) / minutes))
  const build = scope.build?.version ? 'version' : scope.build?.commit ? 'commit' : null
  const p = (column: string) => `${column}_${name}`
  const where = [
    `ServiceName = {${p('service')}:String} AND Environment = {${p('environment')}:String} AND IsEntry = 1`,
    rawWithin(
      'Timestamp',
      `fromUnixTimestamp64Milli({${p('from_ms')}:Int64})`,
      `fromUnixTimestamp64Milli({${p('to_ms')}:Int64})`,
    ),
    ...(build === 'version' ? [`Version = {${p('version')}:String}`] : []),
    ...(build === 'commit'
      ? [
          `Commit != '' AND (startsWith(Commit, {${p('commit')}:String}) OR startsWith({${p('commit')}:String}, Commit))`,
        ]
      : []),
    ...(minutes < all ? [`toStartOfMinute(Timestamp) IN (${chosen.map((s) => `toDateTime(${s})`).join(', ')})`] : []),
    ...(oneIn > 1 ? [`intHash64(toUnixTimestamp64Nano(Timestamp)) % ${oneIn} = 0`] : []),
  ].join(' AND ')
  return {
    name,
    where,
    params: {
      [p('service')]: scope.service,
      [p('environment')]: scope.environment,
      [p('from_ms')]: scope.fromMs,
      [p('to_ms')]: scope.toMs,
      ...(build && { [p(build)]: scope.build?.[build] ?? '' }),
    },
  }
}
