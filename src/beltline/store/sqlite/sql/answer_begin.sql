-- Begins the answer of a request, in place of one that expired or was left unanswered.
INSERT INTO answers (namespace, caller, idempotency_key, request_hash, begun_at, expires_at)
VALUES (:namespace, :caller, :idempotency_key, :request_hash, :now, :expires_at)
ON CONFLICT (namespace, caller, idempotency_key) DO UPDATE
SET request_hash = excluded.request_hash, status = NULL, body = NULL, begun_at = :now, expires_at = :expires_at
WHERE expires_at <= :now OR (status IS NULL AND begun_at <= :abandoned)
