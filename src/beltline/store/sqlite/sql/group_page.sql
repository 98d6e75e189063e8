-- A page of groups, the one with the newest letter first, with the total of those that match. All of it but the example
-- comes from dead_by_group, in the order of the fingerprints: 0.1 s for 100,000 letters, whose rows are not read.
WITH
seen AS (
    SELECT
        fingerprint, count(*) AS letters, min(finished_at) AS first_at, max(finished_at) AS last_at,
        json_group_array(DISTINCT version) AS versions, json_group_array(DISTINCT definition) AS definitions
    FROM dead INDEXED BY dead_by_group
    WHERE namespace = :namespace AND discarded_at IS NULL AND (:definition IS NULL OR definition = :definition)
    GROUP BY fingerprint
),
found AS (
    SELECT
        seen.fingerprint, seen.letters, min(seen.first_at, coalesce(g.first_at, seen.first_at)) AS first_at, seen.last_at,
        seen.versions, seen.definitions, coalesce(g.owner, '') AS owner, coalesce(g.owned_by, '') AS owned_by, g.owned_at,
        coalesce(g.note, '') AS note, coalesce(g.noted_by, '') AS noted_by, g.noted_at, count(*) OVER () AS total
    FROM seen
    LEFT JOIN dead_groups AS g ON g.namespace = :namespace AND g.fingerprint = seen.fingerprint
    WHERE :owner IS NULL OR g.owner = :owner
),
paged AS (
    SELECT * FROM found
    WHERE :last_at IS NULL OR (last_at, fingerprint) < (:last_at, :fingerprint)
    ORDER BY last_at DESC, fingerprint DESC
    LIMIT :limit
)
SELECT
    p.fingerprint, p.letters, p.first_at, p.last_at, p.versions, p.definitions, e.id, e.error, e.reason, p.owner,
    p.owned_by, p.owned_at, p.note, p.noted_by, p.noted_at, p.total
FROM paged AS p
LEFT JOIN dead AS e ON e.namespace = :namespace AND e.id = (
    SELECT max(d.id) FROM dead AS d INDEXED BY dead_by_group
    WHERE d.namespace = :namespace AND d.fingerprint = p.fingerprint AND d.finished_at = p.last_at
        AND d.discarded_at IS NULL AND (:definition IS NULL OR d.definition = :definition)
)
ORDER BY p.last_at DESC, p.fingerprint DESC
