-- Gives batches another turn: their jobs wait from now on, or have ended.
UPDATE batches SET turn = turn + 1
WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
