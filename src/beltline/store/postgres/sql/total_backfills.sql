-- Counts backfills, of one schedule or (empty) of all, up to a limit. $1 namespace, $2 schedule, $3 limit.
SELECT count(*)
FROM (SELECT 1 FROM backfills AS b WHERE b.namespace = $1 AND ($2::text = '' OR b.schedule = $2) LIMIT $3) AS f
