-- Ends a key that is not revoked yet and returns its id. $1 namespace, $2 id, $3 now.
UPDATE api_keys SET revoked_at = $3 WHERE namespace = $1 AND id = $2 AND revoked_at IS NULL RETURNING id
