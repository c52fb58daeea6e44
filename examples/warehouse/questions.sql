-- What rules audit report answers of one machine's logs, of the records of all machines. Each question is one statement; its name stands above it.

-- hours
SELECT date_trunc('hour', "time") AS hour, count(*) AS requests, count(*) FILTER ("action" = 'deny') AS denied,
  count(*) FILTER (len(flags) > 0) AS flagged, count(*) FILTER (demoted IS NOT NULL) AS demoted, count(*) FILTER (upstream_error <> '') AS failed,
  sum(usage."in") AS tokens_in, sum(usage."out") AS tokens_out, sum(cost_actual) AS dollars,
  quantile_cont(duration_ms, 0.5) AS duration_p50, quantile_cont(duration_ms, 0.95) AS duration_p95
FROM records GROUP BY hour ORDER BY hour;

-- tenants
SELECT coalesce(nullif(tenant, ''), '(none)') AS tenant, count(*) AS requests, count(*) FILTER ("action" = 'deny') AS denied,
  count(*) FILTER (len(flags) > 0) AS flagged, sum(usage."in") AS tokens_in, sum(usage."out") AS tokens_out, sum(cost_actual) AS dollars
FROM records GROUP BY ALL ORDER BY requests DESC, tenant;

-- decisions
SELECT decision, count(*) AS requests FROM records WHERE decision <> '' GROUP BY decision ORDER BY requests DESC, decision;

-- models
SELECT model, count(*) AS requests, sum(usage."in") AS tokens_in, sum(usage."out") AS tokens_out, sum(usage.reasoning) AS reasoning, sum(usage.cached) AS cached,
  sum(cost) AS cost_at_most, sum(cost_actual) AS dollars, quantile_cont(ttft_ms, 0.95) AS ttft_p95, quantile_cont(duration_ms, 0.95) AS duration_p95
FROM records WHERE "action" = 'route' GROUP BY model ORDER BY model;

-- flags
SELECT flag, count(*) AS requests FROM (SELECT unnest(flags) AS flag FROM records) GROUP BY flag ORDER BY requests DESC, flag;

-- signals
SELECT signal, count(*) AS requests, count(*) / (SELECT count(*) FROM records) AS share
FROM (SELECT unnest(signals) AS signal FROM records) GROUP BY signal ORDER BY requests DESC, signal;

-- tiers
SELECT tier, count(*) AS requests FROM records WHERE tier > 0 GROUP BY tier ORDER BY tier;

-- refusals
SELECT code, count(*) AS requests FROM records WHERE "action" = 'deny' GROUP BY code ORDER BY requests DESC, code;

-- demotions
SELECT demoted."from" AS "from", demoted.why AS why, count(*) AS requests FROM records WHERE demoted IS NOT NULL GROUP BY ALL ORDER BY requests DESC, "from", why;

-- failures
SELECT model, upstream_error, count(*) AS requests FROM records WHERE upstream_error <> '' GROUP BY ALL ORDER BY requests DESC, model, upstream_error;

-- costs
SELECT date_trunc('day', "time") AS day, tenant, model, sum(cost_actual) AS dollars FROM records WHERE "action" = 'route' GROUP BY ALL ORDER BY day, dollars DESC, tenant, model;

-- gaps: records that are missing within a chain. rules audit verify also sees what was altered.
SELECT vm, before + 1 AS first_missing, seq - 1 AS last_missing FROM (SELECT vm, seq, lag(seq, 1, 0) OVER (PARTITION BY vm ORDER BY seq) AS before FROM records WHERE seq > 0)
WHERE seq > before + 1 ORDER BY vm, first_missing;
