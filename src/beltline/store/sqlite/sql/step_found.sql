-- The steps that are recorded already.
WITH given (namespace, job_id, name) AS MATERIALIZED (
    SELECT :namespace, json_extract(value, '$[0]'), json_extract(value, '$[2]') FROM json_each(:rows)
)
SELECT steps.job_id, steps.name, steps.fence
FROM given
CROSS JOIN steps
    ON steps.namespace = given.namespace AND steps.job_id = given.job_id AND steps.name = given.name
