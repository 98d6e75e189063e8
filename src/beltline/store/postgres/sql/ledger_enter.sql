-- Enters keys for running jobs that are held under the fence; returns (job, fence, asked) of those that are first. The jobs are
-- locked in the order given, that of their ids; the keys are written in their own order, so that two calls that share some
-- wait for each other, never both. $1 namespace, $2 now; arrays of one length, ids in order: $3 job, $4 fence, $5 asked,
-- $6 definition, $7 key, $8 content.
WITH
held AS MATERIALIZED (
    SELECT i.job_id, i.fence, i.asked, i.definition, i.once_key, i.content
    FROM unnest($3::text[], $4::bigint[], $5::integer[], $6::text[], $7::text[], $8::text[])
        AS i (job_id, fence, asked, definition, once_key, content)
    CROSS JOIN LATERAL (
        SELECT j.fence, j.state FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.job_id OFFSET 0 FOR SHARE
    ) AS l
    -- Out here, so that a planner without statistics does not take the index of what runs for the primary key.
    WHERE l.fence = i.fence AND l.state = 'running'
),
front AS (
    SELECT DISTINCT ON (h.definition COLLATE "C", h.once_key COLLATE "C")
        h.job_id, h.fence, h.asked, h.definition, h.once_key, h.content
    FROM held AS h
    ORDER BY h.definition COLLATE "C", h.once_key COLLATE "C"
)
INSERT INTO ledger (namespace, definition, once_key, job_id, fence, asked, at, content)
SELECT $1, f.definition, f.once_key, f.job_id, f.fence, f.asked, $2, f.content
FROM front AS f
ON CONFLICT (namespace, definition, once_key) DO NOTHING
RETURNING job_id, fence, asked
