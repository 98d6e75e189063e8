-- Takes a run's next moment, where no other worker has taken it.
UPDATE replay_runs SET next_at = :then_at
WHERE namespace = :namespace AND id = :id AND state = 'running' AND next_at = :next_at
