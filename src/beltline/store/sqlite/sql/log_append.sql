-- Appends lines; each job's numbers go on from its newest.
INSERT INTO job_logs (namespace, job_id, seq, run, at, level, message, fields)
SELECT
    :namespace, json_extract(value, '$[0]'),
    coalesce((
        SELECT max(seq) FROM job_logs WHERE namespace = :namespace AND job_id = json_extract(value, '$[0]')
    ), 0) + row_number() OVER (PARTITION BY json_extract(value, '$[0]') ORDER BY key),
    json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]'),
    json_extract(value, '$[4]'), json_extract(value, '$[5]')
FROM json_each(:rows)
