-- Takes back that batches are stopped or have ended. $1 namespace, $2 ids.
UPDATE batches AS b SET is_stopped = false, ended_at = NULL, turn = b.turn + 1
WHERE b.namespace = $1 AND b.job_id = ANY ($2::text[])
