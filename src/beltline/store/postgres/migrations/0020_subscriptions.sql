-- Who is told of the outcomes of jobs, and the outcomes that are still to be told.

CREATE TABLE subscriptions (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    url text NOT NULL,
    spec text NOT NULL,
    secret bytea NOT NULL,
    old_secret bytea,
    old_until bigint,
    paused boolean NOT NULL,
    revision bigint NOT NULL,
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (namespace, id)
);

CREATE TABLE outcomes (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    definition text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    labels text,
    finished_at bigint NOT NULL
);
CREATE INDEX outcomes_noted ON outcomes (namespace, seq);

-- Jobs by when they finished, for lists. A new range of pages is summed up by autovacuum; until then it is read whole.
CREATE INDEX history_finished ON history USING brin (finished_at) WITH (autosummarize = on);
