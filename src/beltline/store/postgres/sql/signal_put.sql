-- Keeps a signal for a job; the first one of a name counts. $1 namespace, $2 job, $3 name, $4 payload, $5 actor, $6 now.
INSERT INTO signals (namespace, job_id, name, payload, actor, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (namespace, job_id, name) DO NOTHING
RETURNING 1
