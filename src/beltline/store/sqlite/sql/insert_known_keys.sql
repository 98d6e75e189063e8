-- The keys of a batch that are alive, as one row: a batch waits for the interpreter lock once.
SELECT json_group_array(json_array(k.definition, k.idempotency_key, k.job_id, hex(k.payload_hash)))
FROM json_each(:keys) AS e
CROSS JOIN idempotency AS k
    ON k.namespace = :namespace AND k.definition = json_extract(e.value, '$[0]')
    AND k.idempotency_key = json_extract(e.value, '$[1]')
WHERE k.expires_at IS NULL OR k.expires_at > :now
