-- Writes what a look leaves of a trigger that nobody else looked at meanwhile, and returns its name. $1 namespace, $2 name,
-- $3 turn, $4 due_at, $5 memory.
UPDATE triggers AS t
SET due_at = $4, memory = $5, turn = t.turn + 1
WHERE t.namespace = $1 AND t.name = $2 AND t.turn = $3
RETURNING t.name
