-- What became of a schedule's ticks, the latest first.
SELECT tick, outcome, reason, job_id, until, ticks, backfill, at FROM fires
WHERE namespace = :namespace AND schedule = :schedule AND (:before IS NULL OR tick < :before)
ORDER BY tick DESC, dropped
LIMIT :limit
