-- The steps that are recorded already: (job, name, fence). $1 namespace; arrays of one length: $2 job, $3 name.
SELECT s.job_id, s.name, s.fence
FROM unnest($2::text[], $3::text[]) AS i (job_id, name)
JOIN steps AS s ON s.namespace = $1 AND s.job_id = i.job_id AND s.name = i.name
