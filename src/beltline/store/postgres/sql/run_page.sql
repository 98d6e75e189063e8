-- Returns all runs, newest first. $1 namespace, $2 id before which, or null, $3 limit.
SELECT
    id, state, fingerprint, definition, queue, labels, rate, stop_on_same_error, policy, total, replayed, succeeded,
    came_back, ended_otherwise, next_at, actor, why, created_at, ended_at, ended_by
FROM replay_runs
WHERE namespace = $1 AND ($2::text IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3
