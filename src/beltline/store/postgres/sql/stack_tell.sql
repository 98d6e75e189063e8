-- Tells a stack that was asked for. $1 namespace, $2 job, $3 fence, $4 stack.
UPDATE stacks AS s SET stack = $4 WHERE s.namespace = $1 AND s.job_id = $2 AND s.fence = $3
