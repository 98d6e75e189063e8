-- A page of jobs, the last that was created first, of those created after $20 and at $19 or before: the driver asks for
-- longer and longer times until the page is full. The indexes by time (BRIN) know which pages hold a time and cost
-- inserts and settlements next to nothing; they cannot be walked in order. Of those at $19 ids must be smaller than $2.
-- The other parameters are those of page.sql.
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
            j.created_at <= $19
            AND j.created_at > $20
            AND (j.created_at < $19 OR j.id < $2)
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
        ORDER BY j.created_at DESC, j.id DESC
        LIMIT $10
    )
    UNION ALL
    (
        SELECT j.*
        FROM jobs AS j
        WHERE
            $7::boolean
            AND j.namespace = $1
            AND j.created_at <= $19
            AND j.created_at > $20
            AND (j.created_at < $19 OR j.id < $2)
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
        ORDER BY j.created_at DESC, j.id DESC
        LIMIT $10
    )
    UNION ALL
    (
        SELECT d.*
        FROM dead_jobs AS d
        WHERE
            $8::boolean
            AND d.namespace = $1
            AND d.created_at <= $19
            AND d.created_at > $20
            AND (d.created_at < $19 OR d.id < $2)
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
        ORDER BY d.created_at DESC, d.id DESC
        LIMIT $10
    )
    UNION ALL
    (
        SELECT h.*
        FROM history AS h
        WHERE
            $9::boolean
            AND h.namespace = $1
            AND h.created_at <= $19
            AND h.created_at > $20
            AND (h.created_at < $19 OR h.id < $2)
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
        ORDER BY h.created_at DESC, h.id DESC
        LIMIT $10
    )
) AS f
ORDER BY f.created_at DESC, f.id DESC
LIMIT $10
