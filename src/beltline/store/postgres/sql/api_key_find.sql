-- The key of a token. $1 the token's hash; served by api_keys_hash.
SELECT k.namespace, k.id, k.name, k.role, k.definitions, k.prefix, k.hash, k.created_at, k.created_by, k.expires_at, k.revoked_at, k.used_at
FROM api_keys AS k
WHERE k.hash = $1
