-- The rules by which ingest masked secrets in a row, apart by commas: the value of its attribute plumbline.redacted.
ALTER TABLE otel_traces {on_cluster} ADD COLUMN IF NOT EXISTS Redacted LowCardinality(String) AFTER Flags;
ALTER TABLE otel_logs {on_cluster} ADD COLUMN IF NOT EXISTS Redacted LowCardinality(String) AFTER PatternId;

-- Spans and log records in which something was masked, by rule. `place` is the route of the span, or empty for a log record.
CREATE TABLE IF NOT EXISTS rollup_redactions {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    signal LowCardinality(String),
    rule LowCardinality(String),
    place LowCardinality(String),
    count UInt64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, signal, rule, place)
TTL minute + toIntervalDay({ttl_days} * 4);
