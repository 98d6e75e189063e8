-- Moves a run from one state to another, or holds it where it is while its marks are written.
UPDATE replay_runs SET
    state = :state,
    ended_at = iif(:state = 'running' OR :state = 'watching', NULL, :now),
    ended_by = :ended_by
WHERE namespace = :namespace AND id = :id AND state = :from_state
