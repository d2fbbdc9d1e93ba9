-- Rows that the engine refused: the rest of their batch went in. `document` says which bodies of the ingest log they came
-- from, `row` and `rows` which rows of the batch, counted from 0.
CREATE TABLE IF NOT EXISTS dead_rows {on_cluster} (
    table LowCardinality(String),
    batch UInt64,
    row UInt32,
    rows UInt32,
    reason String CODEC(ZSTD(1)),
    noted_at DateTime64(3),
    document String CODEC(ZSTD(1))
) ENGINE = {engine_prefix}ReplacingMergeTree(noted_at)
ORDER BY (table, batch, row)
TTL toDateTime(noted_at) + toIntervalDay({ttl_days});

-- A batch leaves the ingest log when it is in its table, so its part must be on disk when the insert returns.
ALTER TABLE otel_traces {on_cluster} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE otel_logs {on_cluster} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE otel_metrics_gauge {on_cluster} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE otel_metrics_sum {on_cluster} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE otel_metrics_histogram {on_cluster} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE otel_metrics_exponential_histogram {on_cluster} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE otel_metrics_summary {on_cluster} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE touched_minutes {on_cluster} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
