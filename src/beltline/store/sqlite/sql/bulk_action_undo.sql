-- Withdraws an action that is not due yet: whoever takes it only looks from then on.
UPDATE bulk_actions SET state = 'undone'
WHERE namespace = :namespace AND id = :id AND state = 'pending' AND due_at > :now
