-- Events were held: the trigger is due.
UPDATE triggers
SET due_at = coalesce(min(due_at, :now), :now), turn = turn + 1
WHERE namespace = :namespace AND name = :name
