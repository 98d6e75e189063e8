-- Advances a backfill that is at its revision.
UPDATE backfills
SET state = :state, next_at = :next_at, open_jobs = :open_jobs, revision = revision + 1,
    finished_at = CASE WHEN :state = 'running' THEN NULL ELSE :now END
WHERE namespace = :namespace AND id = :id AND revision = :revision
