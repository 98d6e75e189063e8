-- Removes idempotency keys that expired.
DELETE FROM idempotency
WHERE (namespace, definition, idempotency_key) IN (
    SELECT namespace, definition, idempotency_key FROM idempotency
    WHERE namespace = :namespace AND expires_at <= :before
    ORDER BY expires_at
    LIMIT :limit
)
