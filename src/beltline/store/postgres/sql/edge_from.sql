-- Returns the edges to these prerequisites. $1 namespace, $2 their ids, $3 limit.
SELECT e.dependent, e.part, e.prerequisite, e.condition, e.otherwise, e.delay_us, e.unknown_at
FROM edges AS e
WHERE e.namespace = $1 AND e.prerequisite = ANY ($2::text[])
LIMIT $3
