-- Asks for the stack of one run; what was told before is forgotten. $1 namespace, $2 job, $3 fence, $4 now.
INSERT INTO stacks AS s (namespace, job_id, fence, asked_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (namespace, job_id, fence) DO UPDATE SET asked_at = excluded.asked_at, stack = NULL
