-- Returns the edges to these prerequisites. $1 namespace, $2 their ids, $3 limit.
SELECT e.dependent, e.part, e.prerequisite, e.condition, e.otherwise, e.delay_us, e.unknown_at
FROM unnest($2::text[]) AS i (id)
CROSS JOIN LATERAL (
    SELECT x.dependent, x.part, x.prerequisite, x.condition, x.otherwise, x.delay_us, x.unknown_at
    FROM edges AS x
    WHERE x.namespace = $1 AND x.prerequisite = i.id
    OFFSET 0
) AS e
LIMIT $3
