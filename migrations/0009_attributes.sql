-- Attribute keys that a build sends: of the spans looked at, how many have the key. Spans are entry spans that did not fail, log records
-- those below the level of errors; of a build that sends many, a sample. The empty key counts all that were looked at. Digits and ids in a
-- key are folded to <*>. `place` is the route that has it, empty where several do;
-- `library` is the instrumentation library that made most of those spans.
CREATE TABLE IF NOT EXISTS rollup_attributes {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    signal LowCardinality(String),
    key LowCardinality(String),
    place LowCardinality(String),
    library LowCardinality(String),
    count UInt64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, signal, key, place, library)
TTL minute + toIntervalDay({ttl_days} * 4);
