-- Returns a page of groups, the one with the newest letter first, with the total of those that match; of the letters
-- only dead_by_group is read, and the examples. $1 namespace, $2 definition or null, $3 owner or null, the cursor or
-- null: $4 last_at, $5 fingerprint; $6 limit.
WITH
seen AS (
    SELECT
        d.fingerprint, count(*) AS letters, min(d.finished_at) AS first_at, max(d.finished_at) AS last_at,
        array_agg(DISTINCT d.version) AS versions, array_agg(DISTINCT d.definition) AS definitions
    FROM dead AS d
    WHERE d.namespace = $1 AND d.discarded_at IS NULL AND ($2::text IS NULL OR d.definition = $2)
    GROUP BY d.fingerprint
),
found AS (
    SELECT
        s.fingerprint, s.letters, least(s.first_at, g.first_at) AS first_at, s.last_at,
        s.versions, s.definitions, coalesce(g.owner, '') AS owner, coalesce(g.owned_by, '') AS owned_by, g.owned_at,
        coalesce(g.note, '') AS note, coalesce(g.noted_by, '') AS noted_by, g.noted_at, count(*) OVER () AS total
    FROM seen AS s
    LEFT JOIN dead_groups AS g ON g.namespace = $1 AND g.fingerprint = s.fingerprint
    WHERE $3::text IS NULL OR g.owner = $3
)
SELECT
    p.fingerprint, p.letters, p.first_at, p.last_at, p.versions, p.definitions, e.id, e.error, e.reason, p.owner,
    p.owned_by, p.owned_at, p.note, p.noted_by, p.noted_at, p.total
FROM (
    SELECT f.* FROM found AS f
    WHERE $4::bigint IS NULL OR (f.last_at, f.fingerprint) < ($4, $5::text)
    ORDER BY f.last_at DESC, f.fingerprint DESC
    LIMIT $6
) AS p
LEFT JOIN LATERAL (
    SELECT d.id, d.error, d.reason
    FROM dead AS d
    WHERE d.namespace = $1 AND d.fingerprint = p.fingerprint AND d.finished_at = p.last_at AND d.discarded_at IS NULL
        AND ($2::text IS NULL OR d.definition = $2)
    ORDER BY d.id DESC
    LIMIT 1
) AS e ON true
ORDER BY p.last_at DESC, p.fingerprint DESC
