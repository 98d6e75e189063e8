-- Returns the jobs that wait for these prerequisites, and locks those of them that are live, in the order of their ids (see
-- lock_jobs.sql). $1 namespace, $2 the prerequisites, $3 limit.
WITH
found AS MATERIALIZED (
    SELECT DISTINCT e.dependent
    FROM unnest($2::text[]) AS i (id)
    CROSS JOIN LATERAL (
        SELECT x.dependent FROM edges AS x WHERE x.namespace = $1 AND x.prerequisite = i.id OFFSET 0
    ) AS e
    LIMIT $3
),
locked AS MATERIALIZED (
    SELECT l.id
    FROM (SELECT f.dependent FROM found AS f ORDER BY f.dependent COLLATE "C") AS i
    CROSS JOIN LATERAL (
        SELECT j.id FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.dependent FOR UPDATE
    ) AS l
)
SELECT coalesce(array_agg(f.dependent), '{}'), (SELECT count(*) FROM locked) FROM found AS f
