-- Groups of dead letters. Core makes the fingerprint; it is read here from the record of the error, in which it has 12
-- characters after its name (quotes within a text are escaped, so the name with its quotes is found nowhere else). A
-- letter without it (a deadline that passed) belongs to the group of its reason. Nothing that succeeds pays for it.
-- What an older program writes meanwhile, in a rolling deploy, is the group `unknown`.
ALTER TABLE dead ADD COLUMN fingerprint TEXT NOT NULL DEFAULT 'unknown';

UPDATE dead SET fingerprint = coalesce(
    CAST(substr(error, nullif(instr(error, CAST('"fingerprint":"' AS BLOB)), 0) + 15, 12) AS TEXT), reason
);

-- Holds all that the list of groups needs: no letter itself is read for it (a generated column would have them read).
CREATE INDEX dead_by_group ON dead (namespace, fingerprint, finished_at, definition, version, discarded_at)
WHERE discarded_at IS NULL;

-- What people said of a group, and when letters that have left it were seen; it outlives the letters.
CREATE TABLE dead_groups (
    namespace TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    first_at INTEGER,
    last_at INTEGER,
    owner TEXT NOT NULL DEFAULT '',
    owned_by TEXT NOT NULL DEFAULT '',
    owned_at INTEGER,
    note TEXT NOT NULL DEFAULT '',
    noted_by TEXT NOT NULL DEFAULT '',
    noted_at INTEGER,
    PRIMARY KEY (namespace, fingerprint)
) WITHOUT ROWID;
