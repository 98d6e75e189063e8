-- Enters keys for running jobs that are held under the fence; returns those that are first.
WITH given (place, namespace, job_id, fence, asked, definition, once_key, content) AS MATERIALIZED (
    SELECT
        key, :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
        json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]')
    FROM json_each(:rows)
)
INSERT INTO ledger (namespace, definition, once_key, job_id, fence, asked, at, content)
SELECT given.namespace, definition, once_key, given.job_id, given.fence, asked, :now, content
FROM (
    SELECT
        given.place, given.namespace, given.definition AS definition, given.once_key AS once_key,
        given.job_id AS job_id, given.fence AS fence, given.asked AS asked, given.content AS content
    FROM given
    CROSS JOIN jobs ON jobs.namespace = given.namespace AND jobs.id = given.job_id
    WHERE jobs.fence = given.fence AND jobs.state = 'running'
    ORDER BY given.place
) AS given
WHERE true
ON CONFLICT (namespace, definition, once_key) DO NOTHING
RETURNING job_id, fence, asked
