-- What stood in the way of a series in its minute, so that a figure can be doubted with reason: falls of a counter that no new
-- start time explained, points of two writers under one identity, points that came again, values that are no numbers.
-- series_id holds the unit and the kind too, so that two metrics of one name stay apart; attributes hold neither version nor instance.

ALTER TABLE rollup_metrics {on_cluster} ADD COLUMN IF NOT EXISTS resets_inferred UInt32 DEFAULT 0;
ALTER TABLE rollup_metrics {on_cluster} ADD COLUMN IF NOT EXISTS single_writer_violations UInt32 DEFAULT 0;
ALTER TABLE rollup_metrics {on_cluster} ADD COLUMN IF NOT EXISTS repeats UInt32 DEFAULT 0;
ALTER TABLE rollup_metrics {on_cluster} ADD COLUMN IF NOT EXISTS skipped UInt32 DEFAULT 0;
