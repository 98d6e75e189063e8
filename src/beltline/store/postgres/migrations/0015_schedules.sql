-- Schedules, what became of their ticks, and backfills of ticks of the past.

-- `revision` goes up with each write and guards the next one: any number of schedulers may look at a schedule, one
-- advances it. It is written again and again: half of each page is left free for that.
CREATE TABLE schedules (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    definition text NOT NULL,
    spec text NOT NULL,
    payload bytea NOT NULL,
    tick_field text,
    declared text,
    paused boolean NOT NULL,
    next_at bigint,
    revision bigint NOT NULL,
    buffered bigint,
    open_jobs text NOT NULL,
    last_tick bigint,
    last_job text,
    last_fired_at bigint,
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (namespace, name)
) WITH (fillfactor = 50);

CREATE INDEX schedules_due ON schedules (namespace, next_at) WHERE NOT paused AND next_at IS NOT NULL;

CREATE INDEX schedules_buffering ON schedules (namespace, name) WHERE NOT paused AND buffered IS NOT NULL;

-- One row a tick, and beside it one for each run of dropped ticks, which has the tick of its first.
CREATE TABLE fires (
    namespace text COLLATE "C" NOT NULL,
    schedule text COLLATE "C" NOT NULL,
    tick bigint NOT NULL,
    dropped boolean NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    job_id text,
    until bigint,
    ticks bigint NOT NULL,
    backfill text,
    at bigint NOT NULL,
    PRIMARY KEY (namespace, schedule, tick, dropped)
);

CREATE INDEX fires_at ON fires (namespace, at);

CREATE TABLE backfills (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    schedule text COLLATE "C" NOT NULL,
    since bigint NOT NULL,
    until bigint NOT NULL,
    at_once integer NOT NULL,
    total integer NOT NULL,
    actor text NOT NULL,
    state text NOT NULL,
    revision bigint NOT NULL,
    next_at bigint NOT NULL,
    open_jobs text NOT NULL,
    submitted integer NOT NULL,
    existing integer NOT NULL,
    created_at bigint NOT NULL,
    finished_at bigint,
    PRIMARY KEY (namespace, id)
);

CREATE INDEX backfills_running ON backfills (namespace, id) WHERE state = 'running';
