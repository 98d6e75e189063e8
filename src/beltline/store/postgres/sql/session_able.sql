-- Whether a session is open. $1 namespace, $2 session.
SELECT EXISTS (
    SELECT FROM sessions AS s WHERE s.namespace = $1 AND s.id = $2 AND s.closed_at IS NULL AND s.lost_at IS NULL
)
