-- Lets the idempotency keys of the jobs that finish expire.
UPDATE idempotency
SET expires_at = m.at + :life
FROM moving AS m
CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = m.id
WHERE idempotency.namespace = :namespace
    AND idempotency.definition = j.definition
    AND idempotency.idempotency_key = j.idempotency_key
    AND idempotency.job_id = j.id
    AND m.state IN ('succeeded', 'cancelled', 'failed', 'timed_out')
