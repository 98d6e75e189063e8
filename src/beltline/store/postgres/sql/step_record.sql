-- Records steps of running jobs that are held under the fence; returns (job, name) of those that are new. The jobs are
-- locked in the order given, that of their ids: no claim or settlement comes between the fence and the record.
-- $1 namespace, $2 now; arrays of one length, ids in order: $3 job, $4 fence, $5 name, $6 result.
WITH
held AS MATERIALIZED (
    SELECT i.job_id, i.fence, i.name, i.result
    FROM unnest($3::text[], $4::bigint[], $5::text[], $6::bytea[]) AS i (job_id, fence, name, result)
    CROSS JOIN LATERAL (
        SELECT j.fence, j.state FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.job_id OFFSET 0 FOR SHARE
    ) AS l
    -- Out here, so that a planner without statistics does not take the index of what runs for the primary key.
    WHERE l.fence = i.fence AND l.state = 'running'
)
INSERT INTO steps (namespace, job_id, name, fence, at, result)
SELECT $1, h.job_id, h.name, h.fence, $2, h.result
FROM held AS h
ON CONFLICT (namespace, job_id, name) DO NOTHING
RETURNING job_id, name
