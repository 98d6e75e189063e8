-- The first outcomes that are noted. $1 namespace, $2 limit. A note with a lower number may be committed later: notes go
-- by being told, not by a cursor, so that none is passed over.
SELECT seq, job_id, fence, definition, queue, state, reason, labels, finished_at
FROM outcomes
WHERE namespace = $1
ORDER BY seq
LIMIT $2
