-- Counts triggers, up to a limit. $1 namespace, $2 nothing, $3 limit.
SELECT count(*)
FROM (SELECT 1 FROM triggers AS t WHERE t.namespace = $1 AND $2::text = '' LIMIT $3) AS f
