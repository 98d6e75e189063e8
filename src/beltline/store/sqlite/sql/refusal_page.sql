-- The newest events that could not become a job.
SELECT event_key, at, error, body
FROM trigger_refusals
WHERE namespace = :namespace AND name = :name
ORDER BY id DESC
LIMIT :limit
