-- Returns edges whose prerequisite has stayed unknown for too long. $1 namespace, $2 now, $3 limit.
SELECT e.dependent, e.part, e.prerequisite, e.condition, e.otherwise, e.delay_us, e.unknown_at
FROM edges AS e
WHERE e.namespace = $1 AND e.unknown_at IS NOT NULL AND e.unknown_at <= $2
ORDER BY e.unknown_at
LIMIT $3
