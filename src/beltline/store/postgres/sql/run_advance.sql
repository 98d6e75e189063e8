-- Takes a run's next moment, where no other worker has taken it, and returns the id. $1 namespace, $2 id, $3 next_at,
-- $4 then_at.
UPDATE replay_runs SET next_at = $4
WHERE namespace = $1 AND id = $2 AND state = 'running' AND next_at = $3
RETURNING id
