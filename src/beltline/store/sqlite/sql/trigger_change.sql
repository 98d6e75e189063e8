-- Changes a trigger that is at its revision.
UPDATE triggers
SET kind = :kind, definition = :definition, spec = :spec, paused = :paused, revision = revision + 1,
    changed_at = :now
WHERE namespace = :namespace AND name = :name AND revision = :revision
