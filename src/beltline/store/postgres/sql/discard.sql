-- Marks dead letters as discarded, removes what they remember, and returns the ids newly marked. $1 namespace, $2 ids in
-- order, $3 now.
WITH
gone AS (
    UPDATE dead AS d
    SET discarded_at = $3
    FROM (
        SELECT p.place
        FROM unnest($2::text[]) AS i (id)
        CROSS JOIN LATERAL (SELECT l.ctid AS place FROM dead AS l WHERE l.namespace = $1 AND l.id = i.id OFFSET 0) AS p
    ) AS f
    WHERE d.ctid = f.place AND d.discarded_at IS NULL
    RETURNING d.id, d.fingerprint, d.finished_at
),
remembered AS (DELETE FROM steps AS s WHERE s.namespace = $1 AND s.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
reached AS (DELETE FROM positions AS p WHERE p.namespace = $1 AND p.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
seen AS (
    INSERT INTO dead_groups AS s (namespace, fingerprint, first_at, last_at)
    SELECT $1, g.fingerprint, min(g.finished_at), max(g.finished_at)
    FROM gone AS g
    GROUP BY g.fingerprint
    ORDER BY g.fingerprint
    ON CONFLICT (namespace, fingerprint) DO UPDATE
    SET first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)
)
SELECT id FROM gone
