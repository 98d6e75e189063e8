-- One group as in group_page.sql, also where it holds no letters now; no row where nothing is known of it.
WITH
seen AS (
    SELECT
        count(*) AS letters, min(finished_at) AS first_at, max(finished_at) AS last_at,
        json_group_array(DISTINCT version) AS versions, json_group_array(DISTINCT definition) AS definitions
    FROM dead INDEXED BY dead_by_group
    WHERE namespace = :namespace AND fingerprint = :fingerprint AND discarded_at IS NULL
)
SELECT
    :fingerprint, seen.letters, min(coalesce(seen.first_at, g.first_at), coalesce(g.first_at, seen.first_at)),
    max(coalesce(seen.last_at, g.last_at), coalesce(g.last_at, seen.last_at)), seen.versions, seen.definitions, e.id, e.error,
    e.reason, coalesce(g.owner, ''), coalesce(g.owned_by, ''), g.owned_at, coalesce(g.note, ''),
    coalesce(g.noted_by, ''), g.noted_at
FROM seen
LEFT JOIN dead_groups AS g ON g.namespace = :namespace AND g.fingerprint = :fingerprint
LEFT JOIN dead AS e ON e.namespace = :namespace AND e.id = (
    SELECT max(d.id) FROM dead AS d INDEXED BY dead_by_group
    WHERE d.namespace = :namespace AND d.fingerprint = :fingerprint AND d.finished_at = seen.last_at
        AND d.discarded_at IS NULL
)
WHERE seen.letters > 0 OR g.fingerprint IS NOT NULL
