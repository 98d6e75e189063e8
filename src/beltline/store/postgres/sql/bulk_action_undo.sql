-- Withdraws an action that is not due yet and returns its id: whoever takes it only looks from then on. $1 namespace,
-- $2 id, $3 now.
UPDATE bulk_actions SET state = 'undone'
WHERE namespace = $1 AND id = $2 AND state = 'pending' AND due_at > $3
RETURNING id
