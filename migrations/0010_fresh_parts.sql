-- Fresh parts are one file, not one or two for each of a hundred columns: creating, syncing and deleting those costs more than the
-- rows do, and what the ingest log syncs waits for them. What is merged beyond 64 MiB has a file for each column, since it is merged
-- column by column.
ALTER TABLE otel_traces {on_cluster} MODIFY SETTING min_bytes_for_wide_part = 67108864;
ALTER TABLE otel_logs {on_cluster} MODIFY SETTING min_bytes_for_wide_part = 67108864;
ALTER TABLE otel_metrics_gauge {on_cluster} MODIFY SETTING min_bytes_for_wide_part = 67108864;
ALTER TABLE otel_metrics_sum {on_cluster} MODIFY SETTING min_bytes_for_wide_part = 67108864;
ALTER TABLE otel_metrics_histogram {on_cluster} MODIFY SETTING min_bytes_for_wide_part = 67108864;
ALTER TABLE otel_metrics_exponential_histogram {on_cluster} MODIFY SETTING min_bytes_for_wide_part = 67108864;
ALTER TABLE otel_metrics_summary {on_cluster} MODIFY SETTING min_bytes_for_wide_part = 67108864;
