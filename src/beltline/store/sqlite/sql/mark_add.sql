-- Marks the letters that a run is about to replay, as many as are letters still, and returns their ids.
INSERT INTO replay_marks (namespace, run_id, job_id, fingerprint, fence, times, replayed_at)
SELECT :namespace, :run_id, id, fingerprint, fence, 1, :now
FROM dead
WHERE namespace = :namespace AND discarded_at IS NULL AND id IN (SELECT value FROM json_each(:ids))
ON CONFLICT (namespace, run_id, job_id) DO UPDATE SET
    fingerprint = excluded.fingerprint, fence = excluded.fence, times = times + 1, replayed_at = excluded.replayed_at,
    outcome = NULL
RETURNING job_id
