-- When the next tick of any schedule comes: the front of the index.
SELECT min(next_at) FROM schedules INDEXED BY schedules_due
WHERE namespace = :namespace AND paused = 0 AND next_at IS NOT NULL
