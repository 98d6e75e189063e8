-- Lets a key that has not ended end at a time, or when it would, if that is sooner.
UPDATE api_keys SET expires_at = min(coalesce(expires_at, :until), :until)
WHERE namespace = :namespace AND id = :id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
