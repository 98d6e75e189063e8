-- Returns the states of those of the jobs that exist. $1 namespace, $2 ids.
SELECT f.id, f.state
FROM unnest($2::text[]) AS i (id)
CROSS JOIN LATERAL (
    SELECT j.id, j.state FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.id
    UNION ALL
    SELECT d.id, d.state FROM dead AS d WHERE d.namespace = $1 AND d.id = i.id
    UNION ALL
    SELECT h.id, h.state FROM history AS h WHERE h.namespace = $1 AND h.id = i.id
) AS f
