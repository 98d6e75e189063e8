-- Marks a session as closed. $1 namespace, $2 session, $3 now.
UPDATE sessions AS s
SET closed_at = $3
WHERE s.namespace = $1 AND s.id = $2 AND s.closed_at IS NULL AND s.lost_at IS NULL
