-- Appends lines; each job's numbers, and the bytes of its log, go on from its newest line. `place` leaves gaps for lines
-- that were dropped before.
INSERT INTO job_logs (namespace, job_id, seq, run, at, level, message, fields, bytes_until)
SELECT
    :namespace, i.job_id, coalesce(l.seq, 0) + i.place, i.run, i.at, i.level, i.message, i.fields,
    coalesce(l.bytes_until, 0) + i.bytes_until
FROM (
    SELECT
        json_extract(value, '$[0]') AS job_id, json_extract(value, '$[1]') AS run, json_extract(value, '$[2]') AS at,
        json_extract(value, '$[3]') AS level, json_extract(value, '$[4]') AS message,
        json_extract(value, '$[5]') AS fields,
        json_extract(value, '$[7]') AS place,
        sum(json_extract(value, '$[6]')) OVER (PARTITION BY json_extract(value, '$[0]') ORDER BY key) AS bytes_until
    FROM json_each(:rows)
) AS i
LEFT JOIN job_logs AS l ON l.namespace = :namespace AND l.job_id = i.job_id AND l.seq = (
    SELECT max(n.seq) FROM job_logs AS n WHERE n.namespace = :namespace AND n.job_id = i.job_id
)
