-- Gives batches another turn: their jobs wait from now on, or have ended. $1 namespace, $2 ids.
UPDATE batches AS b SET turn = b.turn + 1 WHERE b.namespace = $1 AND b.job_id = ANY ($2::text[])
