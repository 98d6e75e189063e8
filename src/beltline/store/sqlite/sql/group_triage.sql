-- Keeps what is said of a group of which letters or words are known.
INSERT INTO dead_groups (namespace, fingerprint, owner, owned_by, owned_at, note, noted_by, noted_at)
SELECT
    :namespace, :fingerprint, coalesce(:owner, ''), iif(:owner IS NULL, '', :actor), iif(:owner IS NULL, NULL, :now),
    coalesce(:note, ''), iif(:note IS NULL, '', :actor), iif(:note IS NULL, NULL, :now)
WHERE EXISTS (
    SELECT 1 FROM dead INDEXED BY dead_by_group
    WHERE namespace = :namespace AND fingerprint = :fingerprint AND discarded_at IS NULL
) OR EXISTS (SELECT 1 FROM dead_groups WHERE namespace = :namespace AND fingerprint = :fingerprint)
ON CONFLICT (namespace, fingerprint) DO UPDATE SET
    owner = iif(:owner IS NULL, owner, excluded.owner),
    owned_by = iif(:owner IS NULL, owned_by, excluded.owned_by),
    owned_at = iif(:owner IS NULL, owned_at, excluded.owned_at),
    note = iif(:note IS NULL, note, excluded.note),
    noted_by = iif(:note IS NULL, noted_by, excluded.noted_by),
    noted_at = iif(:note IS NULL, noted_at, excluded.noted_at)
