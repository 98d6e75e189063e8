-- Stores a batch of jobs of any mixture in one step; payloads and hashes lie end to end in :bytes.
INSERT INTO jobs (
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, max_attempts, timeout_us, deadline_at, expires_at,
    correlation_id, traceparent, owner, actor, parent, root, idempotency_key, needs, backoff
)
SELECT
    :namespace, json_extract(value, '$[0]'), json_extract(value, '$[4]'),
    json_extract(value, '$[5]'), json_extract(value, '$[6]'), json_extract(value, '$[7]'),
    json_extract(value, '$[8]'), json_extract(value, '$[9]'), json_extract(value, '$[10]'),
    json_extract(value, '$[11]'),
    substr(:bytes, json_extract(value, '$[1]'), json_extract(value, '$[2]')),
    substr(:bytes, json_extract(value, '$[1]') + json_extract(value, '$[2]'), json_extract(value, '$[3]')),
    json_extract(value, '$[12]'), json_extract(value, '$[13]'), json_extract(value, '$[14]'),
    json_extract(value, '$[15]'), json_extract(value, '$[16]'), json_extract(value, '$[17]'),
    json_extract(value, '$[18]'), json_extract(value, '$[19]'), json_extract(value, '$[20]'),
    json_extract(value, '$[21]'), json_extract(value, '$[22]'),
    coalesce(:family_parent, json_extract(value, '$[23]')), coalesce(:family_root, json_extract(value, '$[24]')),
    json_extract(value, '$[25]'), json_extract(value, '$[26]'),
    json_extract(value, '$[27]')
FROM json_each(:rows)
