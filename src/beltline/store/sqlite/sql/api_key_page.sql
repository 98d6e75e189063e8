-- The keys of a namespace, newest first.
SELECT namespace, id, name, role, definitions, prefix, hash, created_at, created_by, expires_at, revoked_at, used_at
FROM api_keys WHERE namespace = :namespace
ORDER BY id DESC
