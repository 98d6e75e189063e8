-- Changes a trigger that is at its revision; it is looked at when the change says so, or before.
UPDATE triggers
SET kind = :kind, definition = :definition, spec = :spec, paused = :paused, declared = :declared,
    due_at = coalesce(min(due_at, :due_at), due_at, :due_at), revision = revision + 1, turn = turn + 1,
    changed_at = :now
WHERE namespace = :namespace AND name = :name AND revision = :revision
