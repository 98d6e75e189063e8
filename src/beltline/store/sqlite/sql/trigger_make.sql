-- Makes a trigger; where it exists nothing happens.
INSERT INTO triggers (
    namespace, name, kind, definition, spec, paused, declared, revision, created_at, changed_at, due_at
)
VALUES (:namespace, :name, :kind, :definition, :spec, :paused, :declared, 1, :now, :now, :due_at)
ON CONFLICT (namespace, name) DO NOTHING
