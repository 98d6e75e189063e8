-- The request that has a key, and its answer.
SELECT request_hash, status, body FROM answers
WHERE namespace = :namespace AND caller = :caller AND idempotency_key = :idempotency_key
