-- The stack of one run, where it was told since it was last asked for.
SELECT stack FROM stacks WHERE namespace = :namespace AND job_id = :job_id AND fence = :fence
