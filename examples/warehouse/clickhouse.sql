-- The same table in ClickHouse. A log shipper can insert records by HTTP, one JSON object a line:
--
--   jq -c '.mom[]' access.log | clickhouse-client --query 'INSERT INTO records FORMAT JSONEachRow' --input_format_skip_unknown_fields=1 --date_time_input_format=best_effort
--
-- The questions of questions.sql need small changes only: countIf(x) for count(*) FILTER (x), arrayJoin for unnest, quantile(0.95)(x) for quantile_cont(x, 0.95). This file is not run by a test.
CREATE TABLE records
(
    v UInt8,
    time DateTime64(6, 'UTC'),
    request_id String,
    path LowCardinality(String),
    tenant LowCardinality(String),
    asked String,
    action LowCardinality(String),
    status UInt16,
    code LowCardinality(String),
    decision LowCardinality(String),
    model LowCardinality(String),
    cluster LowCardinality(String),
    reasoning LowCardinality(String),
    signals Array(LowCardinality(String)),
    flags Array(LowCardinality(String)),
    tier UInt8,
    guard LowCardinality(String),
    demoted Tuple(`from` String, why String),
    session String,
    policy Tuple(version String, hash String, weights String, arm String),
    tokens_in UInt64,
    cost Float64,
    finish LowCardinality(String),
    usage Tuple(`in` UInt64, `out` UInt64, reasoning UInt64, cached UInt64),
    usage_unknown LowCardinality(String),
    cost_actual Nullable(Float64),
    ttft_ms Nullable(Float64),
    tpot_ms Nullable(Float64),
    duration_ms Nullable(Float64),
    aborted Bool,
    upstream_error LowCardinality(String),
    bytes UInt64,
    us UInt64,
    vm String,
    seq UInt64,
    prev String
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, time)
TTL toDateTime(time) + INTERVAL 90 DAY;
