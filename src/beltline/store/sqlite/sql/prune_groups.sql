-- Removes what is known of groups without letters, when that is old. A group that one letter has is kept.
DELETE FROM dead_groups
WHERE namespace = :namespace
    AND max(coalesce(last_at, 0), coalesce(owned_at, 0), coalesce(noted_at, 0)) < :before
    AND NOT EXISTS (
        SELECT 1 FROM dead INDEXED BY dead_by_group
        WHERE dead.namespace = :namespace AND dead.fingerprint = dead_groups.fingerprint AND dead.discarded_at IS NULL
    )
