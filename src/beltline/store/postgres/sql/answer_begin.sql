-- Begins the answer of a request, in place of one that expired or was left unanswered; returns a row where that was done.
-- $1 namespace, $2 caller, $3 idempotency_key, $4 request_hash, $5 now, $6 expires_at, $7 begun before this is abandoned.
INSERT INTO answers AS a (namespace, caller, idempotency_key, request_hash, begun_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (namespace, caller, idempotency_key) DO UPDATE
SET request_hash = excluded.request_hash, status = NULL, body = NULL, begun_at = $5, expires_at = $6
WHERE a.expires_at <= $5 OR (a.status IS NULL AND a.begun_at <= $7)
RETURNING 1
