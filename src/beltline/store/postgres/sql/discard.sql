-- Marks dead letters as discarded and returns the ids newly marked. $1 namespace, $2 ids in order, $3 now.
UPDATE dead AS d
SET discarded_at = $3
FROM (
    SELECT p.place
    FROM unnest($2::text[]) AS i (id)
    CROSS JOIN LATERAL (SELECT l.ctid AS place FROM dead AS l WHERE l.namespace = $1 AND l.id = i.id OFFSET 0) AS p
) AS f
WHERE d.ctid = f.place AND d.discarded_at IS NULL
RETURNING d.id
