-- Forgets a request that got no answer.
DELETE FROM answers
WHERE namespace = :namespace AND caller = :caller AND idempotency_key = :idempotency_key
    AND begun_at = :now AND status IS NULL
