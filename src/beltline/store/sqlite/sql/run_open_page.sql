-- The runs that are open, newest first: the index holds no others, so that asking each second costs nothing.
SELECT
    id, state, fingerprint, definition, queue, labels, rate, stop_on_same_error, policy, total, replayed, succeeded,
    came_back, ended_otherwise, next_at, actor, why, created_at, ended_at, ended_by
FROM replay_runs INDEXED BY replay_runs_open
WHERE namespace = :namespace AND (state = 'running' OR state = 'watching') AND (:before IS NULL OR id < :before)
ORDER BY id DESC
LIMIT :limit
