-- Records steps of running jobs that are held under the fence; returns those that are new.
-- The steps are materialised with their namespace, so that the jobs are sought by primary key, one by one.
WITH given (namespace, job_id, fence, name, result) AS MATERIALIZED (
    SELECT
        :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
        CAST(json_extract(value, '$[3]') AS BLOB)
    FROM json_each(:rows)
)
INSERT INTO steps (namespace, job_id, name, fence, at, result)
SELECT given.namespace, given.job_id, given.name, given.fence, :now, given.result
FROM given
CROSS JOIN jobs ON jobs.namespace = given.namespace AND jobs.id = given.job_id
WHERE jobs.fence = given.fence AND jobs.state = 'running'
ON CONFLICT (namespace, job_id, name) DO NOTHING
RETURNING job_id, name
