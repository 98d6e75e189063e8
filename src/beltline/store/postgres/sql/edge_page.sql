-- Returns what a job waits for, after an edge. $1 namespace, $2 dependent, $3 part, $4 prerequisite, $5 limit.
SELECT e.dependent, e.part, e.prerequisite, e.condition, e.otherwise, e.delay_us, e.unknown_at
FROM edges AS e
WHERE e.namespace = $1 AND e.dependent = $2 AND (e.part, e.prerequisite) > ($3, $4)
ORDER BY e.part, e.prerequisite
LIMIT $5
