-- Notes when a key was last used.
UPDATE api_keys SET used_at = :at
WHERE namespace = :namespace AND id = :id AND (used_at IS NULL OR used_at < :at)
