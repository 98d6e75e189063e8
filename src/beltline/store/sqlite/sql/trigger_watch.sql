-- From now on settlements note what this trigger watches.
INSERT INTO trigger_watches (namespace, name, definition, states, roots)
VALUES (:namespace, :name, :watched, :states, :roots)
