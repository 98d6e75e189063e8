-- Stores a session that is alive.
INSERT INTO sessions (namespace, id, name, host, pid, lease_us, queues, concurrency, definitions, opened_at, beat_at)
VALUES (:namespace, :id, :name, :host, :pid, :lease_us, :queues, :concurrency, :definitions, :now, :now)
