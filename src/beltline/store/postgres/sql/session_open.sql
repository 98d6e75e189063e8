-- Stores a session that is alive.
INSERT INTO sessions (
    namespace, id, name, host, pid, lease_us, queues, concurrency, opened_at, beat_at, beats, definitions, versions,
    offer, process
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 0, $10, $11, $12, $13)
