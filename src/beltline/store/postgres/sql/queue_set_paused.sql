-- $1 namespace, $2 queue, $3 paused, $4 now.
INSERT INTO queues AS q (namespace, name, paused, changed_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (namespace, name) DO UPDATE SET paused = excluded.paused, changed_at = excluded.changed_at
