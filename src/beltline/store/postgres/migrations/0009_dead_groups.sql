-- breaking: an older program reads all columns of dead, and would meet one more than it knows.
--
-- Groups of dead letters. Core makes the fingerprint; it is read here from the record of the error, in which it has 12
-- characters after its name (quotes within a text are escaped, so the name with its quotes is found nowhere else). A
-- letter without it (a deadline that passed) belongs to the group of its reason. Nothing that succeeds pays for it.
CREATE FUNCTION failure_fingerprint(error bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(substring(error FROM nullif(position('"fingerprint":"'::bytea IN error), 0) + 15 FOR 12), 'escape')
$$;

-- The dead letters in the columns that jobs have when they are read.
CREATE VIEW dead_jobs AS SELECT * FROM dead;

ALTER TABLE dead ADD COLUMN fingerprint text COLLATE "C"
GENERATED ALWAYS AS (coalesce(failure_fingerprint(error), reason)) STORED;

-- Holds all that the list of groups needs.
CREATE INDEX dead_by_group ON dead (namespace, fingerprint, finished_at, definition, version)
WHERE discarded_at IS NULL;

-- What people said of a group, and when letters that have left it were seen; it outlives the letters.
CREATE TABLE dead_groups (
    namespace text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    first_at bigint,
    last_at bigint,
    owner text NOT NULL DEFAULT '',
    owned_by text NOT NULL DEFAULT '',
    owned_at bigint,
    note text NOT NULL DEFAULT '',
    noted_by text NOT NULL DEFAULT '',
    noted_at bigint,
    PRIMARY KEY (namespace, fingerprint)
);
