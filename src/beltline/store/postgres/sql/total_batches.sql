-- Counts batches, without those below others, up to a limit. $1 namespace, $2 nothing, $3 limit.
SELECT count(*)
FROM (SELECT 1 FROM batches AS t WHERE t.namespace = $1 AND t.parent IS NULL AND $2::text = '' LIMIT $3) AS f
