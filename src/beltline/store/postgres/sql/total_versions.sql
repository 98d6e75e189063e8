-- Counts the versions of a workflow, up to a limit. $1 namespace, $2 name, $3 limit.
SELECT count(*) FROM (SELECT 1 FROM workflows AS w WHERE w.namespace = $1 AND w.name = $2 LIMIT $3) AS f
