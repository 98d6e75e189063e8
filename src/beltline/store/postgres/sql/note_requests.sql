-- Notes a request on running jobs whose (id, fence) match, and returns their ids. A noted cancel gives way to nothing.
-- $1 namespace, $2 ids in order, $3 fences, $4 request.
UPDATE jobs AS j
SET request = $4
FROM (
    SELECT i.fence, p.place
    FROM unnest($2::text[], $3::bigint[]) AS i (id, fence)
    CROSS JOIN LATERAL (SELECT l.ctid AS place FROM jobs AS l WHERE l.namespace = $1 AND l.id = i.id OFFSET 0) AS p
) AS f
WHERE j.ctid = f.place
    AND j.fence = f.fence
    AND j.state = 'running'
    AND (j.request IS NULL OR j.request <> 'cancel' OR $4 = 'cancel')
RETURNING j.id
