-- Counts what a run did and what came of it.
UPDATE replay_runs SET
    replayed = replayed + :replayed,
    succeeded = succeeded + :succeeded,
    came_back = came_back + :came_back,
    ended_otherwise = ended_otherwise + :ended_otherwise
WHERE namespace = :namespace AND id = :id
