-- Returns one group as in group_page.sql, also where it holds no letters now; no row where nothing is known of it.
-- $1 namespace, $2 fingerprint.
SELECT
    $2::text, s.letters, least(s.first_at, g.first_at), greatest(s.last_at, g.last_at), s.versions, s.definitions, e.id,
    e.error, e.reason, coalesce(g.owner, ''), coalesce(g.owned_by, ''), g.owned_at, coalesce(g.note, ''),
    coalesce(g.noted_by, ''), g.noted_at
FROM (
    SELECT
        count(*) AS letters, min(d.finished_at) AS first_at, max(d.finished_at) AS last_at,
        coalesce(array_agg(DISTINCT d.version), '{}') AS versions,
        coalesce(array_agg(DISTINCT d.definition), '{}') AS definitions
    FROM dead AS d
    WHERE d.namespace = $1 AND d.fingerprint = $2 AND d.discarded_at IS NULL
) AS s
LEFT JOIN dead_groups AS g ON g.namespace = $1 AND g.fingerprint = $2
LEFT JOIN LATERAL (
    SELECT d.id, d.error, d.reason
    FROM dead AS d
    WHERE d.namespace = $1 AND d.fingerprint = $2 AND d.finished_at = s.last_at AND d.discarded_at IS NULL
    ORDER BY d.id DESC
    LIMIT 1
) AS e ON true
WHERE s.letters > 0 OR g.fingerprint IS NOT NULL
