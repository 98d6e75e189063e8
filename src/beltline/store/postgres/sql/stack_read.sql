-- The stack of one run, where it was told since it was last asked for. $1 namespace, $2 job, $3 fence.
SELECT s.stack FROM stacks AS s WHERE s.namespace = $1 AND s.job_id = $2 AND s.fence = $3
