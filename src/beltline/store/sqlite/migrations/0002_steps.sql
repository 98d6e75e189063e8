-- What jobs remember from run to run, and the ledger of keys.

CREATE TABLE steps (
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    fence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    result BLOB NOT NULL,
    PRIMARY KEY (namespace, job_id, name)
) WITHOUT ROWID;

CREATE TABLE positions (
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    fence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    position BLOB NOT NULL,
    PRIMARY KEY (namespace, job_id, name)
) WITHOUT ROWID;

CREATE TABLE ledger (
    namespace TEXT NOT NULL,
    definition TEXT NOT NULL,
    once_key TEXT NOT NULL,
    job_id TEXT NOT NULL,
    fence INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    at INTEGER NOT NULL,
    content TEXT,
    PRIMARY KEY (namespace, definition, once_key)
) WITHOUT ROWID;

CREATE INDEX ledger_at ON ledger (namespace, at);
