-- Who entered these keys, for those of the askers that still hold their jobs, as (place, job, fence, asked, content); the
-- last four are empty where a key went meanwhile. $1 namespace; arrays of one length: $2 job, $3 fence, $4 definition,
-- $5 key.
SELECT i.place, e.job_id, e.fence, e.asked, e.content
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) WITH ORDINALITY AS i (job_id, fence, definition, once_key, place)
CROSS JOIN LATERAL (SELECT j.fence, j.state FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.job_id OFFSET 0) AS l
LEFT JOIN ledger AS e ON e.namespace = $1 AND e.definition = i.definition AND e.once_key = i.once_key
WHERE l.fence = i.fence AND l.state = 'running'
