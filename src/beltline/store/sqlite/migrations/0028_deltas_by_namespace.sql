-- Deltas lie by namespace, in one tree: a submit wrote a page of the table and one of its index. A program that is
-- older than this names no id.
CREATE TABLE deltas_moved (
    namespace TEXT NOT NULL,
    id INTEGER NOT NULL DEFAULT (-abs(random() / 2)),
    minute INTEGER NOT NULL,
    definition TEXT NOT NULL,
    queue TEXT NOT NULL,
    event TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    run_us INTEGER NOT NULL,
    wait_us INTEGER NOT NULL,
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;
INSERT INTO deltas_moved (namespace, id, minute, definition, queue, event, jobs, run_us, wait_us)
SELECT namespace, id, minute, definition, queue, event, jobs, run_us, wait_us FROM deltas;
DROP TABLE deltas;
ALTER TABLE deltas_moved RENAME TO deltas;
