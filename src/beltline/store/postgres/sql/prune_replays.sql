-- Removes runs that ended, when that is old, with their marks, and of others the marks that are as old; returns how many
-- runs. A policy's run is kept. $1 namespace, $2 before, $3 limit.
WITH
gone AS (
    DELETE FROM replay_runs
    WHERE ctid = ANY (ARRAY(
        SELECT r.ctid FROM replay_runs AS r
        WHERE r.namespace = $1 AND r.policy = '' AND r.ended_at IS NOT NULL AND r.ended_at < $2 LIMIT $3
    ))
    RETURNING id
),
marks AS (
    DELETE FROM replay_marks AS m
    WHERE m.namespace = $1 AND (m.replayed_at < $2 OR m.run_id = ANY (ARRAY(SELECT g.id FROM gone AS g)))
)
SELECT count(*) FROM gone
