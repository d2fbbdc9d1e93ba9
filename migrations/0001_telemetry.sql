-- Telemetry as the OpenTelemetry Collector's ClickHouse exporter stores it: the same names, the same columns. Ours stand
-- below them in each table. ClientTimeUnixNano is 0, or the time the client sent where it was too far ahead to be used.
-- Sorted by minute first, so that a rollup of one minute reads one range. Days are UTC days wherever the server stands.

CREATE TABLE IF NOT EXISTS otel_traces {on_cluster} (
    Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String CODEC(ZSTD(1)),
    SpanName LowCardinality(String),
    SpanKind LowCardinality(String),
    ServiceName LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Duration UInt64 CODEC(T64, ZSTD(1)),
    StatusCode LowCardinality(String),
    StatusMessage String CODEC(ZSTD(1)),
    Events Nested (
        Timestamp DateTime64(9),
        Name LowCardinality(String),
        Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    Links Nested (
        TraceId String,
        SpanId String,
        TraceState String,
        Attributes Map(LowCardinality(String), String),
        Flags UInt32
    ) CODEC(ZSTD(1)),
    Environment LowCardinality(String),
    Version LowCardinality(String),
    Commit LowCardinality(String),
    Instance LowCardinality(String),
    ReceivedAt DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    ClientTimeUnixNano UInt64 CODEC(ZSTD(1)),
    Route LowCardinality(String),
    Peer LowCardinality(String),
    IsEntry UInt8,
    Failed UInt8,
    HttpStatus UInt16,
    ExceptionType LowCardinality(String),
    Flags UInt32 CODEC(ZSTD(1)),
    _batch UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX ib _batch TYPE minmax GRANULARITY 1,
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
) ENGINE = {engine_prefix}MergeTree
PARTITION BY toDate(Timestamp, 'UTC')
ORDER BY (toStartOfMinute(Timestamp), ServiceName, SpanName, Timestamp)
TTL toDateTime(Timestamp) + toIntervalDay({ttl_days})
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;

-- PatternId is reserved, and 0: patterns are counted in rollup_log_patterns.
CREATE TABLE IF NOT EXISTS otel_logs {on_cluster} (
    Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TimestampTime DateTime DEFAULT toDateTime(Timestamp) CODEC(Delta(4), ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    TraceFlags UInt8,
    SeverityText LowCardinality(String),
    SeverityNumber UInt8,
    ServiceName LowCardinality(String),
    Body String CODEC(ZSTD(1)),
    ResourceSchemaUrl LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeSchemaUrl LowCardinality(String),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion LowCardinality(String),
    ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    EventName String CODEC(ZSTD(1)),
    Environment LowCardinality(String),
    Version LowCardinality(String),
    Commit LowCardinality(String),
    Instance LowCardinality(String),
    ReceivedAt DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    ClientTimeUnixNano UInt64 CODEC(ZSTD(1)),
    ObservedTimestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    PatternId UInt64 DEFAULT 0 CODEC(ZSTD(1)),
    _batch UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX ib _batch TYPE minmax GRANULARITY 1,
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_body Body TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8
) ENGINE = {engine_prefix}MergeTree
PARTITION BY toDate(Timestamp, 'UTC')
ORDER BY (toStartOfMinute(Timestamp), ServiceName, Timestamp)
TTL toDateTime(Timestamp) + toIntervalDay({ttl_days})
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_gauge {on_cluster} (
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ResourceSchemaUrl String CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
    ScopeSchemaUrl String CODEC(ZSTD(1)),
    ServiceName LowCardinality(String),
    MetricName LowCardinality(String),
    MetricDescription String CODEC(ZSTD(1)),
    MetricUnit String CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    StartTimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    Value Float64 CODEC(ZSTD(1)),
    Flags UInt32 CODEC(ZSTD(1)),
    Exemplars Nested (
        FilteredAttributes Map(LowCardinality(String), String),
        TimeUnix DateTime64(9),
        Value Float64,
        SpanId String,
        TraceId String
    ) CODEC(ZSTD(1)),
    Environment LowCardinality(String),
    Version LowCardinality(String),
    Commit LowCardinality(String),
    Instance LowCardinality(String),
    ReceivedAt DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    ClientTimeUnixNano UInt64 CODEC(ZSTD(1)),
    ValueInt Int64 CODEC(ZSTD(1)),
    IsInt UInt8,
    SeriesId UInt64 CODEC(ZSTD(1)),
    _batch UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX ib _batch TYPE minmax GRANULARITY 1
) ENGINE = {engine_prefix}MergeTree
PARTITION BY toDate(TimeUnix, 'UTC')
ORDER BY (toStartOfMinute(TimeUnix), ServiceName, MetricName, SeriesId, TimeUnix)
TTL toDateTime(TimeUnix) + toIntervalDay({ttl_days})
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_sum {on_cluster} (
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ResourceSchemaUrl String CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
    ScopeSchemaUrl String CODEC(ZSTD(1)),
    ServiceName LowCardinality(String),
    MetricName LowCardinality(String),
    MetricDescription String CODEC(ZSTD(1)),
    MetricUnit String CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    StartTimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    Value Float64 CODEC(ZSTD(1)),
    Flags UInt32 CODEC(ZSTD(1)),
    Exemplars Nested (
        FilteredAttributes Map(LowCardinality(String), String),
        TimeUnix DateTime64(9),
        Value Float64,
        SpanId String,
        TraceId String
    ) CODEC(ZSTD(1)),
    AggregationTemporality Int32 CODEC(ZSTD(1)),
    IsMonotonic Bool,
    Environment LowCardinality(String),
    Version LowCardinality(String),
    Commit LowCardinality(String),
    Instance LowCardinality(String),
    ReceivedAt DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    ClientTimeUnixNano UInt64 CODEC(ZSTD(1)),
    ValueInt Int64 CODEC(ZSTD(1)),
    IsInt UInt8,
    SeriesId UInt64 CODEC(ZSTD(1)),
    _batch UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX ib _batch TYPE minmax GRANULARITY 1
) ENGINE = {engine_prefix}MergeTree
PARTITION BY toDate(TimeUnix, 'UTC')
ORDER BY (toStartOfMinute(TimeUnix), ServiceName, MetricName, SeriesId, TimeUnix)
TTL toDateTime(TimeUnix) + toIntervalDay({ttl_days})
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_histogram {on_cluster} (
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ResourceSchemaUrl String CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
    ScopeSchemaUrl String CODEC(ZSTD(1)),
    ServiceName LowCardinality(String),
    MetricName LowCardinality(String),
    MetricDescription String CODEC(ZSTD(1)),
    MetricUnit String CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    StartTimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    Count UInt64 CODEC(Delta(8), ZSTD(1)),
    Sum Float64 CODEC(ZSTD(1)),
    BucketCounts Array(UInt64) CODEC(ZSTD(1)),
    ExplicitBounds Array(Float64) CODEC(ZSTD(1)),
    Exemplars Nested (
        FilteredAttributes Map(LowCardinality(String), String),
        TimeUnix DateTime64(9),
        Value Float64,
        SpanId String,
        TraceId String
    ) CODEC(ZSTD(1)),
    Flags UInt32 CODEC(ZSTD(1)),
    Min Float64 CODEC(ZSTD(1)),
    Max Float64 CODEC(ZSTD(1)),
    AggregationTemporality Int32 CODEC(ZSTD(1)),
    Environment LowCardinality(String),
    Version LowCardinality(String),
    Commit LowCardinality(String),
    Instance LowCardinality(String),
    ReceivedAt DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    ClientTimeUnixNano UInt64 CODEC(ZSTD(1)),
    HasSum UInt8,
    HasMinMax UInt8,
    SeriesId UInt64 CODEC(ZSTD(1)),
    _batch UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX ib _batch TYPE minmax GRANULARITY 1
) ENGINE = {engine_prefix}MergeTree
PARTITION BY toDate(TimeUnix, 'UTC')
ORDER BY (toStartOfMinute(TimeUnix), ServiceName, MetricName, SeriesId, TimeUnix)
TTL toDateTime(TimeUnix) + toIntervalDay({ttl_days})
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_exponential_histogram {on_cluster} (
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ResourceSchemaUrl String CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
    ScopeSchemaUrl String CODEC(ZSTD(1)),
    ServiceName LowCardinality(String),
    MetricName LowCardinality(String),
    MetricDescription String CODEC(ZSTD(1)),
    MetricUnit String CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    StartTimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    Count UInt64 CODEC(Delta(8), ZSTD(1)),
    Sum Float64 CODEC(ZSTD(1)),
    Scale Int32 CODEC(ZSTD(1)),
    ZeroCount UInt64 CODEC(ZSTD(1)),
    PositiveOffset Int32 CODEC(ZSTD(1)),
    PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1)),
    NegativeOffset Int32 CODEC(ZSTD(1)),
    NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1)),
    Exemplars Nested (
        FilteredAttributes Map(LowCardinality(String), String),
        TimeUnix DateTime64(9),
        Value Float64,
        SpanId String,
        TraceId String
    ) CODEC(ZSTD(1)),
    Flags UInt32 CODEC(ZSTD(1)),
    Min Float64 CODEC(ZSTD(1)),
    Max Float64 CODEC(ZSTD(1)),
    AggregationTemporality Int32 CODEC(ZSTD(1)),
    Environment LowCardinality(String),
    Version LowCardinality(String),
    Commit LowCardinality(String),
    Instance LowCardinality(String),
    ReceivedAt DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    ClientTimeUnixNano UInt64 CODEC(ZSTD(1)),
    ZeroThreshold Float64 CODEC(ZSTD(1)),
    HasSum UInt8,
    HasMinMax UInt8,
    SeriesId UInt64 CODEC(ZSTD(1)),
    _batch UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX ib _batch TYPE minmax GRANULARITY 1
) ENGINE = {engine_prefix}MergeTree
PARTITION BY toDate(TimeUnix, 'UTC')
ORDER BY (toStartOfMinute(TimeUnix), ServiceName, MetricName, SeriesId, TimeUnix)
TTL toDateTime(TimeUnix) + toIntervalDay({ttl_days})
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS otel_metrics_summary {on_cluster} (
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ResourceSchemaUrl String CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
    ScopeSchemaUrl String CODEC(ZSTD(1)),
    ServiceName LowCardinality(String),
    MetricName LowCardinality(String),
    MetricDescription String CODEC(ZSTD(1)),
    MetricUnit String CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    StartTimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    TimeUnix DateTime64(9) CODEC(Delta(8), ZSTD(1)),
    Count UInt64 CODEC(Delta(8), ZSTD(1)),
    Sum Float64 CODEC(ZSTD(1)),
    ValueAtQuantiles Nested (
        Quantile Float64,
        Value Float64
    ) CODEC(ZSTD(1)),
    Flags UInt32 CODEC(ZSTD(1)),
    Environment LowCardinality(String),
    Version LowCardinality(String),
    Commit LowCardinality(String),
    Instance LowCardinality(String),
    ReceivedAt DateTime64(3) CODEC(Delta(8), ZSTD(1)),
    ClientTimeUnixNano UInt64 CODEC(ZSTD(1)),
    SeriesId UInt64 CODEC(ZSTD(1)),
    _batch UInt64 CODEC(Delta(8), ZSTD(1)),
    INDEX ib _batch TYPE minmax GRANULARITY 1
) ENGINE = {engine_prefix}MergeTree
PARTITION BY toDate(TimeUnix, 'UTC')
ORDER BY (toStartOfMinute(TimeUnix), ServiceName, MetricName, SeriesId, TimeUnix)
TTL toDateTime(TimeUnix) + toIntervalDay({ttl_days})
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;
