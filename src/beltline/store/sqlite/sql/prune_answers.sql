-- Removes expired answers; served by answers_expiry.
DELETE FROM answers WHERE (namespace, caller, idempotency_key) IN (
    SELECT namespace, caller, idempotency_key FROM answers
    WHERE namespace = :namespace AND expires_at <= :now
    LIMIT :limit
)
