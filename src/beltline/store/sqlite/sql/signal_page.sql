-- The signals that a job was sent.
SELECT name, payload, actor, at FROM signals WHERE namespace = :namespace AND job_id = :job_id ORDER BY name
