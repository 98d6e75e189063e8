-- Counts what a run did and what came of it. $1 namespace, $2 id, $3 replayed, $4 succeeded, $5 came back, $6 otherwise.
UPDATE replay_runs SET
    replayed = replayed + $3,
    succeeded = succeeded + $4,
    came_back = came_back + $5,
    ended_otherwise = ended_otherwise + $6
WHERE namespace = $1 AND id = $2
