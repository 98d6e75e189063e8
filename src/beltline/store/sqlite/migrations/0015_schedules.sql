-- Schedules, what became of their ticks, and backfills of ticks of the past.

-- `revision` goes up with each write and guards the next one: any number of schedulers may look at a schedule, one
-- advances it.
CREATE TABLE schedules (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    spec TEXT NOT NULL,
    payload BLOB NOT NULL,
    tick_field TEXT,
    declared TEXT,
    paused INTEGER NOT NULL,
    next_at INTEGER,
    revision INTEGER NOT NULL,
    buffered INTEGER,
    open_jobs TEXT NOT NULL,
    last_tick INTEGER,
    last_job TEXT,
    last_fired_at INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (namespace, name)
) WITHOUT ROWID;

CREATE INDEX schedules_due ON schedules (namespace, next_at) WHERE paused = 0 AND next_at IS NOT NULL;

CREATE INDEX schedules_buffering ON schedules (namespace, name) WHERE paused = 0 AND buffered IS NOT NULL;

-- One row a tick, and beside it one for each run of dropped ticks, which has the tick of its first.
CREATE TABLE fires (
    namespace TEXT NOT NULL,
    schedule TEXT NOT NULL,
    tick INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    job_id TEXT,
    until INTEGER,
    ticks INTEGER NOT NULL,
    backfill TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (namespace, schedule, tick, dropped)
) WITHOUT ROWID;

CREATE INDEX fires_at ON fires (namespace, at);

CREATE TABLE backfills (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    schedule TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    at_once INTEGER NOT NULL,
    total INTEGER NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    open_jobs TEXT NOT NULL,
    submitted INTEGER NOT NULL,
    existing INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;

CREATE INDEX backfills_running ON backfills (namespace, id) WHERE state = 'running';
