-- Pauses or resumes a queue.
INSERT INTO queues (namespace, name, paused, changed_at) VALUES (:namespace, :queue, :paused, :now)
ON CONFLICT (namespace, name) DO UPDATE SET paused = excluded.paused, changed_at = excluded.changed_at
