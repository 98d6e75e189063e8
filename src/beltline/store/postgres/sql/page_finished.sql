-- A page of final jobs, the last that finished first, of those that finished after $12 and at $11 or before: the driver
-- asks for longer and longer times until the page is full. The index of history by time (BRIN) knows which pages hold
-- a time and costs a settlement next to nothing; it cannot be walked in order. $1 namespace; of those at $11 ids must be
-- smaller than $2; filters, null where they do not restrict: $3 states, $4 definition, $5 queue, $6 labels (JSON),
-- $13 owner, $14 and $15 created from and before, $16 a piece of the error's record; $10 discarded ones too; where to
-- look: $7 dead, $8 history; $9 limit.
SELECT f.*
FROM (
    (
        SELECT d.*
        FROM dead_jobs AS d
        WHERE
            $7::boolean
            AND d.namespace = $1
            AND d.finished_at <= $11
            AND d.finished_at > $12
            AND (d.finished_at < $11 OR d.id < $2)
            AND ($3::text[] IS NULL OR d.state = ANY ($3))
            AND ($4::text IS NULL OR d.definition = $4)
            AND ($5::text IS NULL OR d.queue = $5)
            AND ($13::text IS NULL OR d.owner = $13)
            AND ($14::bigint IS NULL OR d.created_at >= $14)
            AND ($15::bigint IS NULL OR d.created_at < $15)
            AND ($16::bytea IS NULL OR position($16 IN d.error) > 0)
            AND (
                $6::text IS NULL
                OR replace(d.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb
            )
            AND ($10::boolean OR d.discarded_at IS NULL)
        ORDER BY d.finished_at DESC, d.id DESC
        LIMIT $9
    )
    UNION ALL
    (
        SELECT h.*
        FROM history AS h
        WHERE
            $8::boolean
            AND h.namespace = $1
            AND h.finished_at <= $11
            AND h.finished_at > $12
            AND (h.finished_at < $11 OR h.id < $2)
            AND ($3::text[] IS NULL OR h.state = ANY ($3))
            AND ($4::text IS NULL OR h.definition = $4)
            AND ($5::text IS NULL OR h.queue = $5)
            AND ($13::text IS NULL OR h.owner = $13)
            AND ($14::bigint IS NULL OR h.created_at >= $14)
            AND ($15::bigint IS NULL OR h.created_at < $15)
            AND ($16::bytea IS NULL OR position($16 IN h.error) > 0)
            AND (
                $6::text IS NULL
                OR replace(h.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb
            )
        ORDER BY h.finished_at DESC, h.id DESC
        LIMIT $9
    )
) AS f
ORDER BY f.finished_at DESC, f.id DESC
LIMIT $9
