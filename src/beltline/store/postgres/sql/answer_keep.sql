-- Keeps the answer of a request, unless another took it over. $1 namespace, $2 caller, $3 idempotency_key, $4 begun_at,
-- $5 status, $6 body.
UPDATE answers SET status = $5, body = $6
WHERE namespace = $1 AND caller = $2 AND idempotency_key = $3 AND begun_at = $4 AND status IS NULL
