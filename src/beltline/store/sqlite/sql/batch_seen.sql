-- Notes that a batch was looked at in a turn.
UPDATE batches SET
    seen = :turn, is_stopped = is_stopped OR :is_stopped, ended_at = coalesce(:ended_at, ended_at)
WHERE namespace = :namespace AND job_id = :job_id AND seen < :turn
