-- Keeps positions of unfinished jobs whose fence is the one given; returns (job, name, fence) of those that were kept. The jobs
-- are locked in the order given, that of their ids. $1 namespace, $2 now; arrays of one length, ids in order, each name of
-- a job once: $3 job, $4 fence, $5 name, $6 position.
WITH
held AS MATERIALIZED (
    SELECT i.job_id, i.fence, i.name, i.position
    FROM unnest($3::text[], $4::bigint[], $5::text[], $6::bytea[]) AS i (job_id, fence, name, position)
    CROSS JOIN LATERAL (
        SELECT j.id FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.job_id AND j.fence = i.fence FOR SHARE
    ) AS l
)
INSERT INTO positions AS p (namespace, job_id, name, fence, at, position)
SELECT $1, h.job_id, h.name, h.fence, $2, h.position
FROM held AS h
ON CONFLICT (namespace, job_id, name) DO UPDATE
SET fence = excluded.fence, at = excluded.at, position = excluded.position
RETURNING p.job_id, p.name, p.fence
