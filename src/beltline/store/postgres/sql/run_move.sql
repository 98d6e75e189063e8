-- Moves a run from one state to another, or holds it where it is while its marks are written; returns its id.
-- $1 namespace, $2 id, $3 from state, $4 state, $5 now, $6 ended by.
UPDATE replay_runs SET
    state = $4::text,
    ended_at = CASE WHEN $4 <> 'running' AND $4 <> 'watching' THEN $5::bigint END,
    ended_by = $6
WHERE namespace = $1 AND id = $2 AND state = $3
RETURNING id
