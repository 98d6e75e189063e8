-- What jobs wait for. A row goes when its prerequisite has ended, or with all others of its dependent.

-- Edges of one part are alternatives: one that is met meets the part. `unknown_at` says until when the prerequisite may
-- be unknown; null from when on it exists.
CREATE TABLE edges (
    namespace TEXT NOT NULL,
    dependent TEXT NOT NULL,
    part INTEGER NOT NULL,
    prerequisite TEXT NOT NULL,
    condition TEXT NOT NULL,
    otherwise TEXT NOT NULL,
    delay_us INTEGER NOT NULL,
    unknown_at INTEGER,
    PRIMARY KEY (namespace, dependent, part, prerequisite)
) WITHOUT ROWID;

CREATE INDEX edges_prerequisite ON edges (namespace, prerequisite);

CREATE INDEX edges_unknown ON edges (namespace, unknown_at) WHERE unknown_at IS NOT NULL;

-- Prerequisites that ended and whose dependents have not been told yet: appended by apply, taken by release.
CREATE TABLE settled (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    state TEXT NOT NULL
);

CREATE INDEX settled_namespace ON settled (namespace);
