-- What jobs wait for. A row goes when its prerequisite has ended, or with all others of its dependent.

CREATE TABLE edges (
    namespace text COLLATE "C" NOT NULL,
    dependent text COLLATE "C" NOT NULL,
    -- Edges of one part are alternatives: one that is met meets the part.
    part integer NOT NULL,
    prerequisite text COLLATE "C" NOT NULL,
    condition text NOT NULL,
    otherwise text NOT NULL,
    delay_us bigint NOT NULL,
    -- Until when the prerequisite may be unknown; null from when on it exists.
    unknown_at bigint,
    PRIMARY KEY (namespace, dependent, part, prerequisite)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX edges_prerequisite ON edges (namespace, prerequisite);
CREATE INDEX edges_unknown ON edges (namespace, unknown_at) WHERE unknown_at IS NOT NULL;

-- Prerequisites that ended and whose dependents have not been told yet: appended by apply, taken by release.
CREATE TABLE settled (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
