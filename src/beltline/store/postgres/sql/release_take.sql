-- Takes prerequisites that have ended, for one transaction to tell their dependents. $1 namespace, $2 limit of prerequisites,
-- $3 limit of edges, $4 now. Rows of three kinds: each prerequisite that was taken, with its state; of each, what kinds of
-- edges there are to it and how many, in the same order, of no more than $3 in all; each edge whose prerequisite has stayed unknown for too long. A server that
-- loses this transaction has what it took again, and whatever builds on it is written later in the same log: so its
-- commit does not wait for the disk.
WITH
taken AS (
    DELETE FROM settled
    WHERE ctid = ANY (
        ARRAY(
            SELECT s.ctid
            FROM settled AS s
            WHERE s.namespace = $1 AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
    )
    RETURNING job_id, state
)
SELECT
    'ended' AS kind, 1::bigint AS count, t.state, NULL AS dependent, NULL::integer AS part, t.job_id AS prerequisite,
    NULL AS condition, NULL AS otherwise, NULL::bigint AS delay_us, NULL::bigint AS unknown_at,
    NULL::boolean AS alternatives
FROM taken AS t
UNION ALL
SELECT 'kind', count(*), f.state, NULL, NULL, f.job_id, f.condition, f.otherwise, f.delay_us, NULL, f.alternatives
FROM (
    SELECT t.job_id, t.state, e.condition, e.otherwise, e.delay_us, e.alternatives
    FROM taken AS t
    CROSS JOIN LATERAL (
        SELECT x.condition, x.otherwise, x.delay_us, x.alternatives
        FROM edges AS x
        WHERE x.namespace = $1 AND x.prerequisite = t.job_id
        OFFSET 0
    ) AS e
    LIMIT $3
) AS f
GROUP BY f.job_id, f.state, f.condition, f.otherwise, f.delay_us, f.alternatives
UNION ALL
(
    SELECT
        'overdue', 1, NULL, e.dependent, e.part, e.prerequisite, e.condition, e.otherwise, e.delay_us, e.unknown_at,
        e.alternatives
    FROM edges AS e
    WHERE e.namespace = $1 AND e.unknown_at IS NOT NULL AND e.unknown_at <= $4
    ORDER BY e.unknown_at
    LIMIT $3
)
