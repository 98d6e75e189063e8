-- Lets a key that has not ended end at a time, or when it would, if that is sooner; returns its id. $1 namespace, $2 id,
-- $3 until, $4 now.
UPDATE api_keys
SET expires_at = least(expires_at, $3)
WHERE namespace = $1 AND id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)
RETURNING id
