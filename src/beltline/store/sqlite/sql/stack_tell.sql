-- Tells a stack that was asked for.
UPDATE stacks SET stack = :stack WHERE namespace = :namespace AND job_id = :job_id AND fence = :fence
