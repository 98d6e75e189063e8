-- Takes an action that is due and that nobody took lately. $1 namespace, $2 now, $3 taken before this is abandoned; served
-- by bulk_actions_due.
UPDATE bulk_actions AS a
SET taken_at = $2
FROM (
    SELECT d.id
    FROM bulk_actions AS d
    WHERE d.namespace = $1 AND d.state = 'pending' AND d.due_at <= $2 AND (d.taken_at IS NULL OR d.taken_at <= $3)
    ORDER BY d.due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS f
WHERE a.namespace = $1 AND a.id = f.id
RETURNING a.id, a.verb, a.filter, a.actor, a.reason, a.created_at, a.due_at, a.state, a.changed
