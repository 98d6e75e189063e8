-- Removes the jobs that apply_history or apply_dead copied in the same transaction.
DELETE FROM jobs
WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    AND fence = :fence AND state = :from_state
