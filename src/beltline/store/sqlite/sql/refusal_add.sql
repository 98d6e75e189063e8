-- Keeps an event that could not become a job.
INSERT INTO trigger_refusals (namespace, name, event_key, at, error, body)
VALUES (:namespace, :name, :event_key, :now, :error, :body)
