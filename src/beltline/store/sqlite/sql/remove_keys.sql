-- Removes the idempotency keys of final jobs that go, unless another job took them over. The keys are read on their own
-- (LIMIT): joined freely, SQLite walks all keys.
DELETE FROM idempotency
WHERE job_id IN (SELECT value FROM json_each(:ids)) AND (namespace, definition, idempotency_key) IN (
    SELECT namespace, definition, idempotency_key FROM (
        SELECT namespace, definition, idempotency_key FROM dead
        WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
        UNION ALL
        SELECT namespace, definition, idempotency_key FROM history
        WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    )
    LIMIT -1
)
