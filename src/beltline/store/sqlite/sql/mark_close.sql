-- Writes what became of marked jobs, once each, and returns what it wrote.
UPDATE replay_marks SET outcome = (SELECT e.value ->> 1 FROM json_each(:rows) AS e WHERE e.value ->> 0 = job_id)
WHERE namespace = :namespace AND run_id = :id AND outcome IS NULL
    AND job_id IN (SELECT e.value ->> 0 FROM json_each(:rows) AS e)
RETURNING outcome
