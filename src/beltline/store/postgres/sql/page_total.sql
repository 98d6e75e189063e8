-- Counts what a list of jobs matches, up to a limit. $1 namespace, $2 ids must be smaller than this;
-- filters, null where they do not restrict: $3 states, $4 definition, $5 queue, $6 labels (JSON); where to look: $7 jobs,
-- $8 dead, $9 history; $10 limit, $11 discarded ones too. Each table is walked by id, newest first, up to the limit.
-- jsonb cannot hold the escape of a NUL, so labels are compared without it.
SELECT least(count(*), $10)
FROM (
    (
        SELECT j.id
        FROM jobs AS j
        WHERE $7::boolean
            AND j.namespace = $1
            AND j.id < $2
            AND ($3::text[] IS NULL OR j.state = ANY ($3))
            AND ($4::text IS NULL OR j.definition = $4)
            AND ($5::text IS NULL OR j.queue = $5)
            AND ($6::text IS NULL OR replace(j.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb)
        ORDER BY j.id DESC
        LIMIT $10
    )
    UNION ALL
    (
        SELECT d.id
        FROM dead AS d
        WHERE $8::boolean
            AND d.namespace = $1
            AND d.id < $2
            AND ($3::text[] IS NULL OR d.state = ANY ($3))
            AND ($4::text IS NULL OR d.definition = $4)
            AND ($5::text IS NULL OR d.queue = $5)
            AND ($6::text IS NULL OR replace(d.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb)
            AND ($11::boolean OR d.discarded_at IS NULL)
        ORDER BY d.id DESC
        LIMIT $10
    )
    UNION ALL
    (
        SELECT h.id
        FROM history AS h
        WHERE $9::boolean
            AND h.namespace = $1
            AND h.id < $2
            AND ($3::text[] IS NULL OR h.state = ANY ($3))
            AND ($4::text IS NULL OR h.definition = $4)
            AND ($5::text IS NULL OR h.queue = $5)
            AND ($6::text IS NULL OR replace(h.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb)
        ORDER BY h.id DESC
        LIMIT $10
    )
) AS f
