-- Marks the letters that a run is about to replay, as many as are letters still, and returns their ids: locked, so that
-- they stay letters until then. $1 namespace, $2 run, $3 ids in order, $4 now.
WITH found AS MATERIALIZED (
    SELECT p.*
    FROM unnest($3::text[]) AS i (id)
    CROSS JOIN LATERAL (
        SELECT d.id, d.fingerprint, d.fence
        FROM dead AS d
        WHERE d.namespace = $1 AND d.id = i.id AND d.discarded_at IS NULL
        FOR UPDATE
    ) AS p
)
INSERT INTO replay_marks AS m (namespace, run_id, job_id, fingerprint, fence, times, replayed_at)
SELECT $1, $2, f.id, f.fingerprint, f.fence, 1, $4
FROM found AS f
ON CONFLICT (namespace, run_id, job_id) DO UPDATE SET
    fingerprint = excluded.fingerprint, fence = excluded.fence, times = m.times + 1,
    replayed_at = excluded.replayed_at, outcome = NULL
RETURNING m.job_id
