-- Marks an open session as lost where it has not beaten since it was seen. $1 namespace, $2 session, $3 beats, $4 now.
UPDATE sessions AS s
SET lost_at = $4
WHERE s.namespace = $1 AND s.id = $2 AND s.beats = $3 AND s.closed_at IS NULL AND s.lost_at IS NULL
RETURNING true
