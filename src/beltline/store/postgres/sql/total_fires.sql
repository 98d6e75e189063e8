-- Counts the ticks of a schedule that were looked at, up to a limit. $1 namespace, $2 schedule, $3 limit.
SELECT count(*) FROM (SELECT 1 FROM fires AS t WHERE t.namespace = $1 AND t.schedule = $2 LIMIT $3) AS f
