-- What turns outside events into jobs.
CREATE TABLE triggers (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    definition text NOT NULL,
    spec text NOT NULL,
    paused boolean NOT NULL,
    revision bigint NOT NULL,
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (namespace, name)
);
