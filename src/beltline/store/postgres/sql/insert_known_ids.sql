-- Returns which of these ids exist, wherever the job is now, and what it is. $1 namespace, $2 ids.
SELECT f.id, f.definition, f.payload_hash
FROM unnest($2::text[]) AS i (id)
CROSS JOIN LATERAL (
    SELECT j.id, j.definition, j.payload_hash FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.id
    UNION ALL
    SELECT d.id, d.definition, d.payload_hash FROM dead AS d WHERE d.namespace = $1 AND d.id = i.id
    UNION ALL
    SELECT h.id, h.definition, h.payload_hash FROM history AS h WHERE h.namespace = $1 AND h.id = i.id
) AS f
