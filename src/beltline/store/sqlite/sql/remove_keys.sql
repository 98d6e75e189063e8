-- Removes the idempotency keys of final jobs that go.
DELETE FROM idempotency WHERE (namespace, definition, idempotency_key, job_id) IN (
    SELECT namespace, definition, idempotency_key, id FROM dead
    WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT namespace, definition, idempotency_key, id FROM history
    WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
)
