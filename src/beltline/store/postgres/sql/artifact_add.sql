-- Lists an artifact of a job that is still there, wherever it lies: a late one of a job that is pruned would stay for
-- ever. $1 namespace, $2 job, $3 run, $4 name, $5 type, $6 size, $7 reference, $8 created_at.
INSERT INTO artifacts (namespace, job_id, run, name, type, size, reference, created_at)
SELECT $1::text, $2::text, $3::integer, $4::text, $5::text, $6::bigint, $7::bytea, $8::bigint
WHERE EXISTS (SELECT FROM jobs AS j WHERE j.namespace = $1 AND j.id = $2)
    OR EXISTS (SELECT FROM history AS h WHERE h.namespace = $1 AND h.id = $2)
    OR EXISTS (SELECT FROM dead AS d WHERE d.namespace = $1 AND d.id = $2)
ON CONFLICT (namespace, job_id, run, name) DO UPDATE
SET type = excluded.type, size = excluded.size, reference = excluded.reference, created_at = excluded.created_at
