-- One run.
SELECT
    id, state, fingerprint, definition, queue, labels, rate, stop_on_same_error, policy, total, replayed, succeeded,
    came_back, ended_otherwise, next_at, actor, why, created_at, ended_at, ended_by
FROM replay_runs
WHERE namespace = :namespace AND id = :id
