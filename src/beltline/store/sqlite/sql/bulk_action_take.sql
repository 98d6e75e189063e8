-- Takes an action that is due and that nobody took lately; served by bulk_actions_due.
UPDATE bulk_actions SET taken_at = :now
WHERE namespace = :namespace AND id = (
    SELECT id FROM bulk_actions
    WHERE namespace = :namespace AND state = 'pending' AND due_at <= :now
        AND (taken_at IS NULL OR taken_at <= :abandoned)
    ORDER BY due_at
    LIMIT 1
)
RETURNING id, verb, filter, actor, reason, created_at, due_at, state, changed
