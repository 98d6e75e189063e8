-- breaking: payloads are compared by SHA-256, as on PostgreSQL, which submits jobs from SQL and can compute it.
-- `payload_hash_of` is given by migrations.py.

-- Keys made of a payload's hash follow it; what they stand for is found before the jobs' own hashes change.
UPDATE idempotency
SET payload_hash = payload_hash_of(f.payload),
    idempotency_key = CASE
        WHEN idempotency.idempotency_key = 'content:' || lower(hex(f.payload_hash))
        THEN 'content:' || lower(hex(payload_hash_of(f.payload)))
        ELSE idempotency.idempotency_key
    END
FROM (
    SELECT namespace, id, payload, payload_hash FROM jobs
    UNION ALL
    SELECT namespace, id, payload, payload_hash FROM dead
    UNION ALL
    SELECT namespace, id, payload, payload_hash FROM history
) AS f
WHERE f.namespace = idempotency.namespace AND f.id = idempotency.job_id;

UPDATE jobs
SET idempotency_key = 'content:' || lower(hex(payload_hash_of(payload)))
WHERE idempotency_key = 'content:' || lower(hex(payload_hash));
UPDATE dead
SET idempotency_key = 'content:' || lower(hex(payload_hash_of(payload)))
WHERE idempotency_key = 'content:' || lower(hex(payload_hash));
UPDATE history
SET idempotency_key = 'content:' || lower(hex(payload_hash_of(payload)))
WHERE idempotency_key = 'content:' || lower(hex(payload_hash));
UPDATE jobs SET payload_hash = payload_hash_of(payload);
UPDATE dead SET payload_hash = payload_hash_of(payload);
UPDATE history SET payload_hash = payload_hash_of(payload);
