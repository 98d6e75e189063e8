-- What became of a schedule's ticks, the latest first. $1 namespace, $2 schedule, $3 before, $4 limit.
SELECT f.tick, f.outcome, f.reason, f.job_id, f.until, f.ticks, f.backfill, f.at
FROM fires AS f
WHERE f.namespace = $1 AND f.schedule = $2 AND ($3::bigint IS NULL OR f.tick < $3)
ORDER BY f.tick DESC, f.dropped
LIMIT $4
