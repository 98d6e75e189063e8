-- Advances a backfill that is at its revision, and returns its id. $1 namespace, $2 now, $3 id, $4 revision, $5 state,
-- $6 next tick, $7 open jobs.
UPDATE backfills AS b
SET state = $5, next_at = $6, open_jobs = $7, revision = b.revision + 1,
    finished_at = CASE WHEN $5 <> 'running' THEN $2::bigint END
WHERE b.namespace = $1 AND b.id = $3 AND b.revision = $4
RETURNING b.id
