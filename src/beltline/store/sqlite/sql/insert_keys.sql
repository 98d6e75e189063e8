-- Makes idempotency keys stand for new jobs; a key that is here already has expired.
INSERT INTO idempotency (namespace, definition, idempotency_key, job_id, payload_hash)
SELECT
    :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    substr(:bytes, json_extract(value, '$[3]'), json_extract(value, '$[4]'))
FROM json_each(:rows)
WHERE true
ON CONFLICT (namespace, definition, idempotency_key)
DO UPDATE SET job_id = excluded.job_id, payload_hash = excluded.payload_hash, expires_at = NULL
