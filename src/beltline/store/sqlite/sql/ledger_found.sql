-- Who entered these keys, for those of the askers that still hold their jobs; empty where a key went meanwhile.
WITH given (place, namespace, job_id, fence, definition, once_key) AS MATERIALIZED (
    SELECT
        key + 1, :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
        json_extract(value, '$[3]'), json_extract(value, '$[4]')
    FROM json_each(:rows)
)
SELECT given.place, ledger.job_id, ledger.fence, ledger.asked, ledger.content
FROM given
CROSS JOIN jobs ON jobs.namespace = given.namespace AND jobs.id = given.job_id
LEFT JOIN ledger
    ON ledger.namespace = given.namespace AND ledger.definition = given.definition
    AND ledger.once_key = given.once_key
WHERE jobs.fence = given.fence AND jobs.state = 'running'
