-- The kinds of edges to jobs that ended in :state, as one row: [a prerequisite, state, condition, otherwise, delay_us, how many,
-- whether there are alternatives]. No more than :limit edges are looked at.
SELECT json_group_array(json_array(prerequisite, :state, condition, otherwise, delay_us, count, alternatives))
FROM (
    SELECT prerequisite, condition, otherwise, delay_us, alternatives, count(*) AS count
    FROM (
        SELECT e.prerequisite, e.condition, e.otherwise, e.delay_us, e.alternatives
        FROM json_each(:ids) AS i
        CROSS JOIN edges AS e ON e.namespace = :namespace AND e.prerequisite = i.value
        LIMIT :limit
    )
    GROUP BY condition, otherwise, delay_us, alternatives
)
