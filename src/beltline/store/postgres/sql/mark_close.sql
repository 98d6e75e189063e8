-- Writes what became of marked jobs, once each, and returns what it wrote. $1 namespace, $2 run, $3 ids, $4 outcomes.
UPDATE replay_marks AS m
SET outcome = i.outcome
FROM unnest($3::text[], $4::text[]) AS i (job_id, outcome)
WHERE m.namespace = $1 AND m.run_id = $2 AND m.job_id = i.job_id AND m.outcome IS NULL
RETURNING m.outcome
