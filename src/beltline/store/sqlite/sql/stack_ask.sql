-- Asks for the stack of one run; what was told before is forgotten.
INSERT INTO stacks (namespace, job_id, fence, asked_at) VALUES (:namespace, :job_id, :fence, :now)
ON CONFLICT (namespace, job_id, fence) DO UPDATE SET asked_at = excluded.asked_at, stack = NULL
