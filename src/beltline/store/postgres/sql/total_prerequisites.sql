-- Counts the edges of what a job waits for, up to a limit. $1 namespace, $2 dependent, $3 limit.
SELECT count(*) FROM (SELECT 1 FROM edges AS e WHERE e.namespace = $1 AND e.dependent = $2 LIMIT $3) AS f
