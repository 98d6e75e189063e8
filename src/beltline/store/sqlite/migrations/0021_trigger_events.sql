-- What triggers hold and remember: outcomes of jobs to look at, events that wait for their window, objects seen, counts.

-- The text of its declaration in code; null where there is none.
ALTER TABLE triggers ADD COLUMN declared TEXT;
-- When to look at it next; null where only a further event changes anything. `turn` goes up with each look and each event
-- held, and guards what a look writes; `memory` is what its looks remember, as JSON.
ALTER TABLE triggers ADD COLUMN due_at INTEGER;
ALTER TABLE triggers ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE triggers ADD COLUMN memory TEXT NOT NULL DEFAULT '{}';

CREATE INDEX triggers_due ON triggers (namespace, due_at) WHERE paused = 0 AND due_at IS NOT NULL;

-- The active triggers on outcomes: where there are none, a settlement looks no further. An empty definition is any of
-- them; `states` are the final states as one text; `roots`: only jobs without a parent.
CREATE TABLE trigger_watches (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    definition TEXT NOT NULL,
    states TEXT NOT NULL,
    roots INTEGER NOT NULL,
    PRIMARY KEY (namespace, name)
) WITHOUT ROWID;

-- Appended by the settlement itself, one row for each trigger that watches; taken with the job that comes of it.
CREATE TABLE trigger_outcomes (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    job_id TEXT NOT NULL,
    fence INTEGER NOT NULL,
    state TEXT NOT NULL
);

CREATE INDEX trigger_outcomes_name ON trigger_outcomes (namespace, name, id);

-- Events that wait for their window. What was used stays a while with an empty payload, so that an equal one is known.
-- `hops`: how many triggers brought it about, one after another.
CREATE TABLE trigger_events (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    event_key TEXT,
    payload BLOB NOT NULL,
    hops INTEGER NOT NULL,
    at INTEGER NOT NULL,
    done_at INTEGER
);

CREATE UNIQUE INDEX trigger_events_key ON trigger_events (namespace, name, event_key) WHERE event_key IS NOT NULL;

CREATE INDEX trigger_events_held ON trigger_events (namespace, name, id) WHERE done_at IS NULL;

CREATE INDEX trigger_events_done ON trigger_events (namespace, done_at) WHERE done_at IS NOT NULL;

-- What was seen at the place of a trigger on objects. `mark` says which content it was, `since` from when on; `fired`: it
-- has made its job, or was there before the trigger was.
CREATE TABLE trigger_objects (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    object TEXT NOT NULL,
    mark TEXT NOT NULL,
    since INTEGER NOT NULL,
    fired INTEGER NOT NULL,
    PRIMARY KEY (namespace, name, object)
) WITHOUT ROWID;

CREATE TABLE trigger_counts (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    events INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    last_job TEXT,
    note TEXT NOT NULL,
    PRIMARY KEY (namespace, name, outcome)
) WITHOUT ROWID;

-- The newest events that could not become a job, with the beginning of what they said.
CREATE TABLE trigger_refusals (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    event_key TEXT NOT NULL,
    at INTEGER NOT NULL,
    error TEXT NOT NULL,
    body BLOB NOT NULL
);

CREATE INDEX trigger_refusals_name ON trigger_refusals (namespace, name, id);
