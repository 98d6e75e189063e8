-- Makes a trigger; where it exists nothing happens.
INSERT INTO triggers (namespace, name, kind, definition, spec, paused, revision, created_at, changed_at)
VALUES (:namespace, :name, :kind, :definition, :spec, :paused, 1, :now, :now)
ON CONFLICT (namespace, name) DO NOTHING
