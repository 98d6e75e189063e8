-- Takes back that batches are stopped or have ended.
UPDATE batches SET is_stopped = false, ended_at = NULL, turn = turn + 1
WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
