-- Brings the idempotency keys of replayed jobs back to life, unless a key stands for another job by now.
INSERT INTO idempotency (namespace, definition, idempotency_key, job_id, payload_hash)
SELECT namespace, definition, idempotency_key, id, payload_hash
FROM dead
WHERE namespace = :namespace AND idempotency_key IS NOT NULL AND id IN (SELECT value FROM json_each(:ids))
ON CONFLICT (namespace, definition, idempotency_key)
DO UPDATE SET expires_at = NULL WHERE idempotency.job_id = excluded.job_id
