-- Returns jobs by id, wherever they are, in the order asked. $1 namespace, $2 ids.
SELECT f.*
FROM unnest($2::text[]) WITH ORDINALITY AS i (id, place)
CROSS JOIN LATERAL (
    SELECT j.* FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.id
    UNION ALL
    SELECT d.* FROM dead_jobs AS d WHERE d.namespace = $1 AND d.id = i.id
    UNION ALL
    SELECT h.* FROM history AS h WHERE h.namespace = $1 AND h.id = i.id
) AS f
ORDER BY i.place
