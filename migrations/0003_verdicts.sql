-- Deploys, mirrored from the state for joins and dashboards. The truth is in the state.
CREATE TABLE IF NOT EXISTS deploys {on_cluster} (
    id String,
    service LowCardinality(String),
    environment LowCardinality(String),
    version String,
    commit String,
    kind LowCardinality(String),
    started_at DateTime64(3),
    finished_at Nullable(DateTime64(3)),
    actor String,
    url String,
    document String,
    updated_at DateTime64(3)
) ENGINE = {engine_prefix}ReplacingMergeTree(updated_at)
ORDER BY (service, environment, id);

-- The current verdict of each deploy. `document` is the verdict as the API answers it.
CREATE TABLE IF NOT EXISTS verdicts {on_cluster} (
    deploy_id String,
    service LowCardinality(String),
    environment LowCardinality(String),
    version String,
    commit String,
    verdict LowCardinality(String),
    score Float64,
    decided_at Nullable(DateTime64(3)),
    updated_at DateTime64(3),
    document String
) ENGINE = {engine_prefix}ReplacingMergeTree(updated_at)
ORDER BY deploy_id;

-- The current state of each anomaly. `document` is the anomaly as the API answers it.
CREATE TABLE IF NOT EXISTS anomalies {on_cluster} (
    id String,
    service LowCardinality(String),
    environment LowCardinality(String),
    deploy_id String,
    commit String,
    signal LowCardinality(String),
    dimension String,
    direction LowCardinality(String),
    harmful UInt8,
    state LowCardinality(String),
    started_at DateTime64(3),
    ended_at Nullable(DateTime64(3)),
    score Float64,
    updated_at DateTime64(3),
    document String
) ENGINE = {engine_prefix}ReplacingMergeTree(updated_at)
ORDER BY id;
