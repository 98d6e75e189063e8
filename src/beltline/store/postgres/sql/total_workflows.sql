-- Counts workflows, each once, up to a limit. $1 namespace, $2 nothing, $3 limit.
SELECT count(*)
FROM (SELECT DISTINCT w.name FROM workflows AS w WHERE w.namespace = $1 AND $2::text = '' LIMIT $3) AS f
