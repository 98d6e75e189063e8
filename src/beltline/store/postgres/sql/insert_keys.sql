-- Takes idempotency keys that are free or expired; the caller holds their locks. $1 namespace; arrays of one length:
-- $2 definition, $3 key, $4 job, $5 payload hash.
INSERT INTO idempotency AS k (namespace, definition, idempotency_key, job_id, payload_hash)
SELECT $1, i.*
FROM unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) AS i (definition, idempotency_key, job_id, payload_hash)
ON CONFLICT (namespace, definition, idempotency_key) DO UPDATE
SET job_id = excluded.job_id, payload_hash = excluded.payload_hash, expires_at = NULL
