-- Keeps what is said of a group of which letters or words are known; returns its fingerprint. $1 namespace,
-- $2 fingerprint, $3 owner and $4 note (null leaves it), $5 actor, $6 now.
INSERT INTO dead_groups AS g (namespace, fingerprint, owner, owned_by, owned_at, note, noted_by, noted_at)
SELECT
    $1, $2, coalesce($3::text, ''), CASE WHEN $3 IS NULL THEN '' ELSE $5::text END,
    CASE WHEN $3 IS NOT NULL THEN $6::bigint END, coalesce($4::text, ''), CASE WHEN $4 IS NULL THEN '' ELSE $5 END,
    CASE WHEN $4 IS NOT NULL THEN $6 END
WHERE EXISTS (SELECT FROM dead AS d WHERE d.namespace = $1 AND d.fingerprint = $2 AND d.discarded_at IS NULL)
    OR EXISTS (SELECT FROM dead_groups AS k WHERE k.namespace = $1 AND k.fingerprint = $2)
ON CONFLICT (namespace, fingerprint) DO UPDATE SET
    owner = CASE WHEN $3 IS NULL THEN g.owner ELSE excluded.owner END,
    owned_by = CASE WHEN $3 IS NULL THEN g.owned_by ELSE excluded.owned_by END,
    owned_at = CASE WHEN $3 IS NULL THEN g.owned_at ELSE excluded.owned_at END,
    note = CASE WHEN $4 IS NULL THEN g.note ELSE excluded.note END,
    noted_by = CASE WHEN $4 IS NULL THEN g.noted_by ELSE excluded.noted_by END,
    noted_at = CASE WHEN $4 IS NULL THEN g.noted_at ELSE excluded.noted_at END
RETURNING g.fingerprint
