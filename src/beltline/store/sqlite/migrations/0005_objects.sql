-- What stays outside the rows: the identity by which objects are told from those of other stores, and the list of
-- the artifacts that jobs made.

CREATE TABLE identity (
    id TEXT NOT NULL
);

INSERT INTO identity (id) VALUES (lower(hex(randomblob(8))));

-- `reference` says where the content is; a later artifact of the same run and name replaces an earlier one.
CREATE TABLE artifacts (
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    reference BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (namespace, job_id, run, name)
) WITHOUT ROWID;
