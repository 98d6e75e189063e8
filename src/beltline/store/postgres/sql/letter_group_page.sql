-- Returns the dead letters of a group, oldest first, by the index `dead_by_group`.
-- $1 namespace, $2 fingerprint; null where they do not restrict: $3 definition, $4 queue, $5 labels (JSON); $6 until,
-- the cursor: $7 finished_at, $8 id; $9 run whose marks leave out what has $10 or more; $11 limit.
SELECT d.id, d.fingerprint, d.finished_at
FROM dead AS d
WHERE d.namespace = $1
    AND d.fingerprint = $2::text
    AND d.discarded_at IS NULL
    AND d.finished_at < $6
    AND d.finished_at >= $7::bigint
    AND (d.finished_at > $7 OR d.id > $8::text)
    AND ($3::text IS NULL OR d.definition = $3)
    AND ($4::text IS NULL OR d.queue = $4)
    AND ($5::text IS NULL OR replace(d.labels, '\u0000', '\ufffd')::jsonb @> replace($5, '\u0000', '\ufffd')::jsonb)
    AND NOT EXISTS (
        SELECT FROM replay_marks AS m
        WHERE m.namespace = $1 AND m.run_id = $9::text AND m.job_id = d.id AND m.times >= $10::bigint
    )
ORDER BY d.finished_at, d.id
LIMIT $11
