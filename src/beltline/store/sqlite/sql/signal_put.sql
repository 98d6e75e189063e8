-- Keeps a signal for a job; the first one of a name counts.
INSERT INTO signals (namespace, job_id, name, payload, actor, at)
VALUES (:namespace, :job_id, :name, :payload, :actor, :now)
ON CONFLICT (namespace, job_id, name) DO NOTHING
