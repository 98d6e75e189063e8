-- Changes what is set from outside of a schedule that is at its revision.
UPDATE schedules
SET definition = :definition, spec = :spec, payload = :payload, tick_field = :tick_field, declared = :declared,
    paused = :paused, next_at = :next_at, revision = revision + 1, changed_at = :now
WHERE namespace = :namespace AND name = :name AND revision = :revision
