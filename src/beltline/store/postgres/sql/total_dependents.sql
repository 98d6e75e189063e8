-- Counts the edges of what waits for a job, up to a limit. $1 namespace, $2 prerequisite, $3 limit.
SELECT count(*) FROM (SELECT 1 FROM edges AS e WHERE e.namespace = $1 AND e.prerequisite = $2 LIMIT $3) AS f
