-- Forgets a request that got no answer. $1 namespace, $2 caller, $3 idempotency_key, $4 begun_at.
DELETE FROM answers
WHERE namespace = $1 AND caller = $2 AND idempotency_key = $3 AND begun_at = $4 AND status IS NULL
