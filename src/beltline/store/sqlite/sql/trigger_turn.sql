-- Writes what a look leaves of a trigger that nobody else looked at meanwhile.
UPDATE triggers
SET due_at = :due_at, memory = :memory, turn = turn + 1
WHERE namespace = :namespace AND name = :name AND turn = :turn
