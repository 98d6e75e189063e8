-- The request that has a key, and its answer. $1 namespace, $2 caller, $3 idempotency_key.
SELECT a.request_hash, a.status, a.body
FROM answers AS a
WHERE a.namespace = $1 AND a.caller = $2 AND a.idempotency_key = $3
