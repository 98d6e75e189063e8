-- Returns how those of the jobs ended that did. $1 namespace, $2 ids.
SELECT f.*
FROM unnest($2::text[]) AS i (id)
CROSS JOIN LATERAL (
    SELECT d.id, d.state, d.reason, d.result, d.error FROM dead AS d WHERE d.namespace = $1 AND d.id = i.id
    UNION ALL
    SELECT h.id, h.state, h.reason, h.result, h.error FROM history AS h WHERE h.namespace = $1 AND h.id = i.id
) AS f
