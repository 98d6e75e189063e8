-- Returns children from history, by id. $1 namespace, $2 parents, $3 after, $4 limit.
SELECT c.*
FROM history AS c
WHERE c.namespace = $1 AND c.parent IS NOT NULL AND c.parent = ANY ($2::text[]) AND c.id > $3
ORDER BY c.id
LIMIT $4
