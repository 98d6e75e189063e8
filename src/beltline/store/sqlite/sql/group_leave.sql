-- Keeps when the letters were seen that leave their groups, before they do.
INSERT INTO dead_groups (namespace, fingerprint, first_at, last_at)
SELECT :namespace, fingerprint, min(finished_at), max(finished_at)
FROM dead
WHERE namespace = :namespace AND discarded_at IS NULL AND id IN (SELECT value FROM json_each(:ids))
GROUP BY fingerprint
ON CONFLICT (namespace, fingerprint) DO UPDATE SET
    first_at = min(coalesce(first_at, excluded.first_at), excluded.first_at),
    last_at = max(coalesce(last_at, excluded.last_at), excluded.last_at)
