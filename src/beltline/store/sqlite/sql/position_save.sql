-- Keeps positions of unfinished jobs whose fence is the one given; returns those that were kept.
-- The positions are materialised with their namespace, so that the jobs are sought by primary key, one by one.
WITH given (namespace, job_id, fence, name, position) AS MATERIALIZED (
    SELECT
        :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
        CAST(json_extract(value, '$[3]') AS BLOB)
    FROM json_each(:rows)
)
INSERT INTO positions (namespace, job_id, name, fence, at, position)
SELECT given.namespace, given.job_id, given.name, given.fence, :now, given.position
FROM given
CROSS JOIN jobs ON jobs.namespace = given.namespace AND jobs.id = given.job_id
WHERE jobs.fence = given.fence
ON CONFLICT (namespace, job_id, name) DO UPDATE
SET fence = excluded.fence, at = excluded.at, position = excluded.position
RETURNING job_id, name, fence
