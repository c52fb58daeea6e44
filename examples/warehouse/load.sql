-- Loads access logs with records into DuckDB. Say which files before, by a pattern; names in .gz are unpacked:
--
--   duckdb records.db -c "SET VARIABLE log = 'access*.log'" -f examples/warehouse/load.sql -f examples/warehouse/questions.sql
--
-- Each line of the log has its record under "mom", in a list that may be empty. Members that a version of the router did not write are NULL. Lines that are no JSON
-- are left out: rules audit report says how many there are. What is not asked for below (docs/record.schema.json has it all) can be added in one line.
CREATE OR REPLACE TABLE records AS
SELECT unnest(mom, max_depth := 1) AS record
FROM read_json(getvariable('log'), format = 'newline_delimited', ignore_errors = true, maximum_object_size = 1048576, columns = {mom:
  'STRUCT(v INTEGER, "time" TIMESTAMP, request_id VARCHAR, path VARCHAR, tenant VARCHAR, asked VARCHAR, "action" VARCHAR, status INTEGER, code VARCHAR,
    decision VARCHAR, model VARCHAR, cluster VARCHAR, reasoning VARCHAR, signals VARCHAR[], flags VARCHAR[], tier INTEGER, guard VARCHAR,
    demoted STRUCT("from" VARCHAR, why VARCHAR), "session" VARCHAR, policy STRUCT(version VARCHAR, hash VARCHAR, weights VARCHAR, arm VARCHAR),
    tokens_in BIGINT, cost DOUBLE, finish VARCHAR, usage STRUCT("in" BIGINT, "out" BIGINT, reasoning BIGINT, cached BIGINT), usage_unknown VARCHAR,
    cost_actual DOUBLE, ttft_ms DOUBLE, tpot_ms DOUBLE, duration_ms DOUBLE, aborted BOOLEAN, upstream_error VARCHAR, bytes BIGINT, us BIGINT,
    vm VARCHAR, seq BIGINT, prev VARCHAR)[]'});
CREATE OR REPLACE TABLE records AS SELECT unnest(record) FROM records;
