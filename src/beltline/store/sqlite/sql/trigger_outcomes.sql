-- The oldest outcomes noted for a trigger.
SELECT id, job_id, fence, state
FROM trigger_outcomes
WHERE namespace = :namespace AND name = :name
ORDER BY id
LIMIT :limit
