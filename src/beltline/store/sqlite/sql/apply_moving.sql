-- The changes of one apply that match, with what the counts need; a table of the connection, in memory.
CREATE TEMP TABLE moving (
    n INTEGER PRIMARY KEY,
    id TEXT,
    state TEXT,
    reason TEXT,
    at INTEGER,
    attempts_used INTEGER,
    crashes INTEGER,
    result BLOB,
    error BLOB,
    run_at INTEGER,
    queued_at INTEGER,
    order_key INTEGER,
    paused_from TEXT,
    definition TEXT,
    queue TEXT,
    run_us INTEGER,
    wait_us INTEGER,
    counted INTEGER
)
