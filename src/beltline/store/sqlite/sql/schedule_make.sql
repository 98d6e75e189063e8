-- Makes a schedule; where it exists nothing happens.
INSERT INTO schedules (
    namespace, name, definition, spec, payload, tick_field, declared, paused, next_at, revision, open_jobs,
    created_at, changed_at
)
VALUES (
    :namespace, :name, :definition, :spec, :payload, :tick_field, :declared, :paused, :next_at, 1, '[]', :now, :now
)
ON CONFLICT (namespace, name) DO NOTHING
