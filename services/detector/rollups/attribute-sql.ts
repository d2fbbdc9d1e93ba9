import { ATTRIBUTE_KEYS } from '../window/window.ts'
import { type Statement, WRITTEN } from './statement.ts'

/** Spans (or log records) of one build and minute that are looked at, about: of more, those whose time hashes to one in so many. */
const LOOKED_AT = 400
const LONGEST_KEY = 120
/** Segments of a key that are numbers or ids: `items.3.price`, `user.8f14e45fceea167a.plan`. */
const IDS = '^[0-9]+$|[0-9]{4}|^[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$|^[0-9a-fA-F]{16,}$'

const KEY = 'minute, service, environment, version, commit'
const BUILD = 'ServiceName, Environment, Version, Commit'
const RANGE =
  'Timestamp >= fromUnixTimestamp64Milli({from_ms:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to_ms:Int64}) AND toUnixTimestamp(toStartOfMinute(Timestamp)) IN {minutes:Array(UInt32)}'
const FOLDED = `substring(arrayStringConcat(arrayMap(s -> if(match(s, '${IDS}'), '<*>', s), splitByChar('.', toString(raw))), '.'), 1, ${LONGEST_KEY})`
/** A scope that has the version of the service is a part of it, and no library. */
const LIBRARY =
  "if(ScopeVersion = '' OR ScopeVersion = Version OR ScopeVersion = Commit, '', concat(ScopeName, ' ', ScopeVersion))"

type Source = {
  signal: 'span' | 'log'
  table: string
  keys: string
  place: string
  where: string
  /** The rollup of this round, and its column, that tells how many there are. */
  counted: [table: string, column: string]
}

/**
 * Attribute keys by build. Which rows are looked at hangs on the rows of that minute alone, so that computing it again gives the same.
 * Rows are grouped by their whole set of keys first: there are few sets.
 */
const attributes = ({ signal, table, keys, place, where, counted: [rollup, n] }: Source): Statement => {
  const build = `cityHash64(toUnixTimestamp(toStartOfMinute(Timestamp)), ${BUILD})`
  const busy = `SELECT cityHash64(toUnixTimestamp(minute), service, environment, version, commit) AS build, intDiv(sum(${n}), ${LOOKED_AT}) AS one_in FROM ${rollup} FINAL
  WHERE ${WRITTEN} AND toUnixTimestamp(minute) IN {minutes:Array(UInt32)} AND computed_at = fromUnixTimestamp64Milli({computed_ms:Int64})
  GROUP BY build HAVING one_in > 1 ORDER BY build`
  return {
    table: 'rollup_attributes',
    key: ['minute', 'service', 'environment', 'version', 'commit', 'signal', 'key', 'place', 'library'],
    values: ['count'],
    own: `signal = '${signal}'`,
    sql: `INSERT INTO rollup_attributes (${KEY}, signal, key, place, library, count, computed_at)
WITH (SELECT (groupArray(build), groupArray(one_in)) FROM (${busy})) AS busy
SELECT ${KEY}, '${signal}', key, if(uniqExact(place_) = 1, any(place_), ''), argMax(library_, (n, library_)), sum(n) AS total, fromUnixTimestamp64Milli({computed_ms:Int64})
FROM (
  SELECT ${KEY}, place_, library_, key, sum(n) AS n FROM (
    SELECT ${KEY}, place_, library_, n, arrayJoin(arrayDistinct(arrayPushBack(arrayMap(raw -> ${FOLDED}, keys), ''))) AS key FROM (
      SELECT toStartOfMinute(Timestamp) AS minute, ServiceName AS service, Environment AS environment, Version AS version, Commit AS commit, ${place} AS place_, ${LIBRARY} AS library_, ${keys} AS keys, count() AS n
      FROM ${table} WHERE ${RANGE} AND ${where} AND intHash64(toUnixTimestamp64Nano(Timestamp)) % transform(${build}, busy.1, busy.2, toUInt64(1)) = 0
      GROUP BY ${KEY}, place_, library_, keys
    )
  ) GROUP BY ${KEY}, place_, library_, key
) GROUP BY ${KEY}, key ORDER BY total DESC, key LIMIT ${ATTRIBUTE_KEYS + 1} BY ${KEY}`,
  }
}

/** What a failure sets itself comes and goes with it: failed requests and records of errors are not looked at. */
export const spanAttributes = attributes({
  signal: 'span',
  table: 'otel_traces',
  keys: 'SpanAttributes.keys',
  place: "if(Route = '', SpanName, Route)",
  where: 'IsEntry = 1 AND Failed = 0',
  counted: ['rollup_services', 'requests'],
})

export const logAttributes = attributes({
  signal: 'log',
  table: 'otel_logs',
  keys: 'LogAttributes.keys',
  place: "''",
  where: 'SeverityNumber < 17',
  counted: ['rollup_logs', 'count'],
})
