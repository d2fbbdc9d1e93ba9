-- When a log pattern was first seen, as far back as anything is kept: what was seen before a deploy is not new with it. A pattern
-- that became part of another is looked up under both ids. Written again at any time, the earliest minute wins.
CREATE TABLE IF NOT EXISTS log_patterns_seen {on_cluster} (
    service LowCardinality(String),
    environment LowCardinality(String),
    pattern_id UInt64,
    first_minute SimpleAggregateFunction(min, DateTime)
) ENGINE = {engine_prefix}AggregatingMergeTree
ORDER BY (service, environment, pattern_id);

INSERT INTO log_patterns_seen (service, environment, pattern_id, first_minute)
SELECT service, environment, pattern_id, min(minute) FROM rollup_log_patterns WHERE count > 0 GROUP BY service, environment, pattern_id;

-- Calls that the requests of a route made, by far side: client and producer spans of the service that answered, in the same trace.
CREATE TABLE IF NOT EXISTS rollup_route_calls {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    route LowCardinality(String),
    peer LowCardinality(String),
    calls UInt64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, route, peer)
TTL minute + toIntervalDay({ttl_days} * 4);
