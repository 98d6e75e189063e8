-- The first answers to requests that carry an idempotency key, for those who repeat them.

CREATE TABLE answers (
    namespace TEXT NOT NULL,
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER,
    body BLOB,
    begun_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (namespace, caller, idempotency_key)
) WITHOUT ROWID;
CREATE INDEX answers_expiry ON answers (namespace, expires_at);
