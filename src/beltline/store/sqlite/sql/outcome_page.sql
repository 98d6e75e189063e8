-- The first outcomes that are noted.
SELECT seq, job_id, fence, definition, queue, state, reason, labels, finished_at
FROM outcomes
WHERE namespace = :namespace
ORDER BY seq
LIMIT :limit
