-- Keeps an event that could not become a job. $1 namespace, $2 name, $3 key, $4 now, $5 error, $6 body.
INSERT INTO trigger_refusals (namespace, name, event_key, at, error, body) VALUES ($1, $2, $3, $4, $5, $6)
