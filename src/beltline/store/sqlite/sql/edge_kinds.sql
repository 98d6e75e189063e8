-- The kinds of edges to prerequisites that have ended, one by one: [prerequisite, state, condition, otherwise, delay_us, how many],
-- as one row. No more than :limit edges are looked at. Here and below, `settled` up to :until is what the release found.
SELECT json_group_array(json_array(job_id, state, condition, otherwise, delay_us, count))
FROM (
    SELECT job_id, state, condition, otherwise, delay_us, count(*) AS count
    FROM (
        SELECT s.job_id, s.state, e.condition, e.otherwise, e.delay_us
        FROM settled AS s INDEXED BY settled_namespace
        CROSS JOIN edges AS e INDEXED BY edges_prerequisite
            ON e.namespace = :namespace AND e.prerequisite = s.job_id
        WHERE s.namespace = :namespace AND s.id <= :until
        ORDER BY s.id
        LIMIT :limit
    )
    GROUP BY job_id, state, condition, otherwise, delay_us
)
