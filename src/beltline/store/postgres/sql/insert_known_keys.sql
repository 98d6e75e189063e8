-- Returns what those of the keys stand for that are alive. $1 namespace, $2 now; arrays of one length: $3 definition,
-- $4 key.
SELECT k.definition, k.idempotency_key, k.job_id, k.payload_hash
FROM unnest($3::text[], $4::text[]) AS i (definition, idempotency_key)
CROSS JOIN LATERAL (
    SELECT f.definition, f.idempotency_key, f.job_id, f.payload_hash, f.expires_at
    FROM idempotency AS f
    WHERE f.namespace = $1 AND f.definition = i.definition AND f.idempotency_key = i.idempotency_key
    OFFSET 0
) AS k
WHERE k.expires_at IS NULL OR k.expires_at > $2
