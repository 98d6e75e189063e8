-- The key of a token; served by api_keys_hash.
SELECT namespace, id, name, role, definitions, prefix, hash, created_at, created_by, expires_at, revoked_at, used_at
FROM api_keys WHERE hash = :hash
