-- Events were held: the trigger is due. Returns its name. $1 namespace, $2 now, $3 name.
UPDATE triggers AS t
SET due_at = least(t.due_at, $2), turn = t.turn + 1
WHERE t.namespace = $1 AND t.name = $3
RETURNING t.name
