-- Renews a session that is open and returns the requests noted on what it holds, in one row where there is none; no row
-- where the session is not open. $1 namespace, $2 session, $3 now.
WITH
beaten AS (
    UPDATE sessions AS s
    SET beats = s.beats + 1, beat_at = $3
    WHERE s.namespace = $1 AND s.id = $2 AND s.closed_at IS NULL AND s.lost_at IS NULL
    RETURNING s.id
)
SELECT r.id, r.fence, r.request
FROM beaten AS b
LEFT JOIN LATERAL (
    SELECT j.id, j.fence, j.request
    FROM jobs AS j
    WHERE j.namespace = $1 AND j.session = $2 AND j.state = 'running' AND j.request IS NOT NULL
) AS r ON true
