-- Returns what waits for a job, after an edge. $1 namespace, $2 prerequisite, $3 dependent, $4 part, $5 limit.
SELECT e.dependent, e.part, e.prerequisite, e.condition, e.otherwise, e.delay_us, e.unknown_at
FROM edges AS e
WHERE e.namespace = $1 AND e.prerequisite = $2 AND (e.dependent, e.part) > ($3, $4)
ORDER BY e.dependent, e.part
LIMIT $5
