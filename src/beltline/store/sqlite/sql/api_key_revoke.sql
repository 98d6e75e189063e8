-- Ends a key that is not revoked yet.
UPDATE api_keys SET revoked_at = :now WHERE namespace = :namespace AND id = :id AND revoked_at IS NULL
