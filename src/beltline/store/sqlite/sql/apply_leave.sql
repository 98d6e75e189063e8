-- Removes the jobs that finished from the unfinished ones.
DELETE FROM jobs
WHERE namespace = :namespace AND id IN (
    SELECT id FROM moving WHERE state IN ('succeeded', 'cancelled', 'failed', 'timed_out')
)
