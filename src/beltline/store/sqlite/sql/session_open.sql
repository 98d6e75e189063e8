-- Stores a session that is alive.
INSERT INTO sessions (
    namespace, id, name, host, pid, lease_us, queues, concurrency, definitions, versions, offer, process, opened_at,
    beat_at
)
VALUES (
    :namespace, :id, :name, :host, :pid, :lease_us, :queues, :concurrency, :definitions, :versions, :offer, :process, :now,
    :now
)
