-- Returns a page of jobs, newest first by id. $1 namespace, $2 ids must be smaller than this;
-- filters, null where they do not restrict: $3 states, $4 definition, $5 queue, $6 labels (JSON); $10 limit;
-- $15 owner, $16 and $17 created from and before, $18 a piece of the error's record; $11 discarded ones too. Where to look: $7 all of jobs, $8 dead, $9 history, each walked by id, newest first, up to
-- the limit; or what is running ($12), to come ($13) or parked ($14) alone, by indexes of their own: a few jobs, while
-- all of jobs may be a million queued ones (650 ms). jsonb cannot hold the escape of a NUL: labels are compared without.
SELECT f.*
FROM (
    (
        SELECT j.*
        FROM (
            SELECT r.* FROM jobs AS r WHERE $12::boolean AND r.namespace = $1 AND r.state = 'running'
            UNION ALL
            SELECT r.* FROM jobs AS r WHERE $13::boolean AND r.namespace = $1 AND r.state IN ('scheduled', 'retrying')
            UNION ALL
            SELECT r.* FROM jobs AS r WHERE $14::boolean AND r.namespace = $1 AND r.state IN ('waiting', 'paused')
            OFFSET 0
        ) AS j
        WHERE
            j.id < $2
            AND ($3::text[] IS NULL OR j.state = ANY ($3))
            AND ($4::text IS NULL OR j.definition = $4)
            AND ($5::text IS NULL OR j.queue = $5)
            AND ($15::text IS NULL OR j.owner = $15)
            AND ($16::bigint IS NULL OR j.created_at >= $16)
            AND ($17::bigint IS NULL OR j.created_at < $17)
            AND ($18::bytea IS NULL OR position($18 IN j.error) > 0)
            AND (
                $6::text IS NULL
                OR replace(j.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb
            )
        ORDER BY j.id DESC
        LIMIT $10
    )
    UNION ALL
    (
        SELECT j.*
        FROM jobs AS j
        WHERE
            $7::boolean
            AND j.namespace = $1
            AND j.id < $2
            AND ($3::text[] IS NULL OR j.state = ANY ($3))
            AND ($4::text IS NULL OR j.definition = $4)
            AND ($5::text IS NULL OR j.queue = $5)
            AND ($15::text IS NULL OR j.owner = $15)
            AND ($16::bigint IS NULL OR j.created_at >= $16)
            AND ($17::bigint IS NULL OR j.created_at < $17)
            AND ($18::bytea IS NULL OR position($18 IN j.error) > 0)
            AND (
                $6::text IS NULL
                OR replace(j.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb
            )
        ORDER BY j.id DESC
        LIMIT $10
    )
    UNION ALL
    (
        SELECT d.*
        FROM dead_jobs AS d
        WHERE
            $8::boolean
            AND d.namespace = $1
            AND d.id < $2
            AND ($3::text[] IS NULL OR d.state = ANY ($3))
            AND ($4::text IS NULL OR d.definition = $4)
            AND ($5::text IS NULL OR d.queue = $5)
            AND ($15::text IS NULL OR d.owner = $15)
            AND ($16::bigint IS NULL OR d.created_at >= $16)
            AND ($17::bigint IS NULL OR d.created_at < $17)
            AND ($18::bytea IS NULL OR position($18 IN d.error) > 0)
            AND (
                $6::text IS NULL
                OR replace(d.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb
            )
            AND ($11::boolean OR d.discarded_at IS NULL)
        ORDER BY d.id DESC
        LIMIT $10
    )
    UNION ALL
    (
        SELECT h.*
        FROM history AS h
        WHERE
            $9::boolean
            AND h.namespace = $1
            AND h.id < $2
            AND ($3::text[] IS NULL OR h.state = ANY ($3))
            AND ($4::text IS NULL OR h.definition = $4)
            AND ($5::text IS NULL OR h.queue = $5)
            AND ($15::text IS NULL OR h.owner = $15)
            AND ($16::bigint IS NULL OR h.created_at >= $16)
            AND ($17::bigint IS NULL OR h.created_at < $17)
            AND ($18::bytea IS NULL OR position($18 IN h.error) > 0)
            AND (
                $6::text IS NULL
                OR replace(h.labels, '\u0000', '\ufffd')::jsonb @> replace($6, '\u0000', '\ufffd')::jsonb
            )
        ORDER BY h.id DESC
        LIMIT $10
    )
) AS f
ORDER BY f.id DESC
LIMIT $10
