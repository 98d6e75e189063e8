-- When the next tick of any schedule comes: the front of the index. $1 namespace.
SELECT s.next_at
FROM schedules AS s
WHERE s.namespace = $1 AND NOT s.paused AND s.next_at IS NOT NULL
ORDER BY s.next_at
LIMIT 1
