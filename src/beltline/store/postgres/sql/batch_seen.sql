-- Notes that batches were looked at in a turn. $1 namespace; arrays of one length: $2 id, $3 turn, $4 whether it is
-- stopped, $5 when it ended.
UPDATE batches AS b
SET seen = i.turn, is_stopped = b.is_stopped OR i.is_stopped, ended_at = coalesce(i.ended_at, b.ended_at)
FROM unnest($2::text[], $3::bigint[], $4::boolean[], $5::bigint[]) AS i (job_id, turn, is_stopped, ended_at)
WHERE b.namespace = $1 AND b.job_id = i.job_id AND b.seen < i.turn
