-- The keys of a namespace, newest first. $1 namespace.
SELECT k.namespace, k.id, k.name, k.role, k.definitions, k.prefix, k.hash, k.created_at, k.created_by, k.expires_at, k.revoked_at, k.used_at
FROM api_keys AS k
WHERE k.namespace = $1
ORDER BY k.id DESC
