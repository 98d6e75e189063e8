-- Lets the idempotency keys of the jobs that finish expire; a key that stands for another job by now stays.
-- An insert that always meets its key: an update from the two tables would walk all keys of the namespace.
INSERT INTO idempotency (namespace, definition, idempotency_key, job_id, payload_hash, expires_at)
SELECT j.namespace, j.definition, j.idempotency_key, j.id, j.payload_hash, m.at + :life
FROM moving AS m
CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = m.id
WHERE j.idempotency_key IS NOT NULL AND m.state IN ('succeeded', 'cancelled', 'failed', 'timed_out')
ON CONFLICT (namespace, definition, idempotency_key)
DO UPDATE SET expires_at = excluded.expires_at WHERE idempotency.job_id = excluded.job_id
