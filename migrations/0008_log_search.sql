-- Words in log lines. Every granule has the four-letter parts of its lines in a filter, so that what is rare is looked for where it can
-- be; words as whole tokens saturated the filter, and no search could ask for a part of one. What the filter cannot tell, as numbers,
-- is read: LZ4 is read in half of the time of ZSTD, and takes a sixth more of the table.
ALTER TABLE otel_logs {on_cluster} DROP INDEX IF EXISTS idx_body;
ALTER TABLE otel_logs {on_cluster} MODIFY COLUMN Body String CODEC(LZ4);
ALTER TABLE otel_logs {on_cluster} ADD INDEX IF NOT EXISTS idx_body_parts lower(Body) TYPE ngrambf_v1(4, 16384, 2, 0) GRANULARITY 1;
