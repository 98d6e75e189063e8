-- Forgets old requests. The table holds a few rows, so it needs no index for this. $1 namespace, $2 before.
DELETE FROM stacks AS s WHERE s.namespace = $1 AND s.asked_at < $2
