-- Rollups: one row per minute and key, recomputed from the raw tables whenever rows of that minute arrive, and replaced
-- by computed_at; a key that a later computation no longer has is replaced by zeros. Read them with FINAL. Sorted by hour
-- first: the detector reads the newest minutes of all services, the console days of one. Latency is counts in base-2
-- exponential buckets of scale 4 (OTLP's exponential histogram): bucket i holds durations in (2^(i/16), 2^((i+1)/16)] nanoseconds, so merging is adding.

-- Requests that a service answered: entry spans (server, consumer, root).
CREATE TABLE IF NOT EXISTS rollup_routes {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    route LowCardinality(String),
    requests UInt64,
    errors UInt64,
    duration_sum_ns UInt64,
    bucket_index Array(Int16),
    bucket_count Array(UInt32),
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, route)
TTL minute + toIntervalDay({ttl_days} * 4);

-- Requests of a whole service, all routes in one row: what lists of services, sparklines and rolling baselines read. Added up from
-- rollup_routes in the same round, so that both say the same.
CREATE TABLE IF NOT EXISTS rollup_services {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    requests UInt64,
    errors UInt64,
    duration_sum_ns UInt64,
    bucket_index Array(Int16),
    bucket_count Array(UInt32),
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit)
TTL minute + toIntervalDay({ttl_days} * 4);

-- And by instance: for rolling deploys and young instances.
CREATE TABLE IF NOT EXISTS rollup_instances {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    instance String,
    requests UInt64,
    errors UInt64,
    duration_sum_ns UInt64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, instance)
TTL minute + toIntervalDay({ttl_days} * 4);

-- Calls that a service made: client and producer spans. `peer` is the far side, `route` the operation.
CREATE TABLE IF NOT EXISTS rollup_edges {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    peer LowCardinality(String),
    route LowCardinality(String),
    requests UInt64,
    errors UInt64,
    duration_sum_ns UInt64,
    bucket_index Array(Int16),
    bucket_count Array(UInt32),
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, peer, route)
TTL minute + toIntervalDay({ttl_days} * 4);

-- Which service called which, from parent and child spans of different services.
CREATE TABLE IF NOT EXISTS rollup_calls {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    environment LowCardinality(String),
    caller LowCardinality(String),
    callee LowCardinality(String),
    requests UInt64,
    errors UInt64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), environment, minute, caller, callee)
TTL minute + toIntervalDay({ttl_days} * 4);

-- Exceptions recorded on spans.
CREATE TABLE IF NOT EXISTS rollup_exceptions {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    exception_type LowCardinality(String),
    count UInt64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, exception_type)
TTL minute + toIntervalDay({ttl_days} * 4);

-- Log records by severity: trace, debug, info, warn, error, fatal, or '' where none was sent.
CREATE TABLE IF NOT EXISTS rollup_logs {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    severity LowCardinality(String),
    count UInt64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, severity)
TTL minute + toIntervalDay({ttl_days} * 4);

-- Log patterns: the words of a message without its variable parts.
CREATE TABLE IF NOT EXISTS rollup_log_patterns {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    pattern_id UInt64,
    severity LowCardinality(String),
    count UInt64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, minute, version, commit, pattern_id, severity)
TTL minute + toIntervalDay({ttl_days} * 4);

-- The words of a pattern; merged_into is the id under which it is counted since it turned out to be part of another, else 0.
CREATE TABLE IF NOT EXISTS log_patterns {on_cluster} (
    service LowCardinality(String),
    pattern_id UInt64,
    template String,
    sample String,
    merged_into UInt64 DEFAULT 0,
    updated_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(updated_at)
ORDER BY (service, pattern_id);

-- Metrics of a service, one row per minute, version and series (the metric's attributes without version and instance).
-- kind gauge: value_sum / points is the mean. kind counter: value_sum is the increase in the minute. kind histogram: points
-- is the increase of the count, value_sum that of the sum, so that value_sum / points is the mean of the minute.
CREATE TABLE IF NOT EXISTS rollup_metrics {on_cluster} (
    minute DateTime CODEC(Delta(4), ZSTD(1)),
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    commit LowCardinality(String),
    metric LowCardinality(String),
    series_id UInt64,
    attributes String,
    unit LowCardinality(String),
    kind LowCardinality(String),
    points UInt64,
    instances UInt64,
    value_sum Float64,
    value_min Float64,
    value_max Float64,
    computed_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(computed_at)
PARTITION BY toYYYYMMDD(minute, 'UTC')
ORDER BY (toStartOfHour(minute), service, environment, metric, minute, version, commit, series_id)
TTL minute + toIntervalDay({ttl_days} * 4);

-- Minutes whose raw rows changed and whose rollups are due. Ingest notes each batch here before it drops it from its log;
-- the detector recomputes the minutes noted after its cursor.
CREATE TABLE IF NOT EXISTS touched_minutes {on_cluster} (
    noted_at DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    signal LowCardinality(String),
    batch UInt64,
    minute DateTime
) ENGINE = {engine_prefix}MergeTree
PARTITION BY toYYYYMMDD(noted_at, 'UTC')
ORDER BY (noted_at, signal, minute)
TTL toDateTime(noted_at) + toIntervalDay(3);
