-- Lists artifacts of jobs that are still there, wherever they lie: a late one of a job that is pruned would stay for ever.
INSERT OR REPLACE INTO artifacts (namespace, job_id, run, name, type, size, reference, created_at)
SELECT :namespace, :job_id, :run, :name, :type, :size, :reference, :created_at
WHERE EXISTS (SELECT 1 FROM jobs WHERE namespace = :namespace AND id = :job_id)
    OR EXISTS (SELECT 1 FROM history WHERE namespace = :namespace AND id = :job_id)
    OR EXISTS (SELECT 1 FROM dead WHERE namespace = :namespace AND id = :job_id)
