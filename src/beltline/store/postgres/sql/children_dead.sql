-- Returns children from dead, by id. $1 namespace, $2 parents, $3 after, $4 limit.
SELECT c.*
FROM dead_jobs AS c
WHERE c.namespace = $1 AND c.parent IS NOT NULL AND c.parent = ANY ($2::text[]) AND c.id > $3 AND c.discarded_at IS NULL
ORDER BY c.id
LIMIT $4
