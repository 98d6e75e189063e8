-- Lets the idempotency keys of the jobs that finish expire; one that is gone or stands for another job stays so.
-- An insert that always meets its key: an update from two tables would walk all keys of the namespace.
INSERT INTO idempotency (namespace, definition, idempotency_key, job_id, payload_hash, expires_at)
SELECT k.namespace, k.definition, k.idempotency_key, k.job_id, k.payload_hash, :at + :life
FROM json_each(:ids) AS e
CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = e.value AND j.fence = :fence
CROSS JOIN idempotency AS k
    ON k.namespace = :namespace AND k.definition = j.definition AND k.idempotency_key = j.idempotency_key
WHERE k.job_id = j.id AND j.state = :from_state
ON CONFLICT (namespace, definition, idempotency_key) DO UPDATE SET expires_at = excluded.expires_at
