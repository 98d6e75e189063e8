-- Removes sessions that ended long ago and hold nothing. $1 namespace, $2 before, $3 limit.
WITH
gone AS (
    DELETE FROM sessions
    WHERE ctid = ANY (ARRAY(
        SELECT s.ctid
        FROM sessions AS s
        WHERE s.namespace = $1
            AND coalesce(s.closed_at, s.lost_at) < $2
            AND NOT EXISTS (SELECT FROM jobs AS j WHERE j.namespace = $1 AND j.session = s.id AND j.state = 'running')
        LIMIT $3
    ))
    RETURNING id
)
SELECT count(*) FROM gone
