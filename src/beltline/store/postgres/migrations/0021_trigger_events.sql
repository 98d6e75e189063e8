-- What triggers hold and remember: outcomes of jobs to look at, events that wait for their window, objects seen, counts.

-- The text of its declaration in code; null where there is none.
ALTER TABLE triggers ADD COLUMN declared text;
-- When to look at it next; null where only a further event changes anything. `turn` goes up with each look and each event
-- held, and guards what a look writes; `memory` is what its looks remember, as JSON.
ALTER TABLE triggers ADD COLUMN due_at bigint;
ALTER TABLE triggers ADD COLUMN turn bigint NOT NULL DEFAULT 0;
ALTER TABLE triggers ADD COLUMN memory text NOT NULL DEFAULT '{}';

CREATE INDEX triggers_due ON triggers (namespace, due_at) WHERE NOT paused AND due_at IS NOT NULL;

-- The active triggers on outcomes: where there are none, a settlement looks no further. An empty definition is any of
-- them; `states` are the final states as one text; `roots`: only jobs without a parent.
CREATE TABLE trigger_watches (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    definition text COLLATE "C" NOT NULL,
    states text NOT NULL,
    roots boolean NOT NULL,
    PRIMARY KEY (namespace, name)
);

-- Appended by the settlement itself, one row for each trigger that watches; taken with the job that comes of it.
CREATE TABLE trigger_outcomes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    state text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX trigger_outcomes_name ON trigger_outcomes (namespace, name, id);

-- Events that wait for their window. What was used stays a while with an empty payload, so that an equal one is known.
-- `hops`: how many triggers brought it about, one after another.
CREATE TABLE trigger_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    event_key text COLLATE "C",
    payload bytea NOT NULL,
    hops integer NOT NULL,
    at bigint NOT NULL,
    done_at bigint
);

CREATE UNIQUE INDEX trigger_events_key ON trigger_events (namespace, name, event_key) WHERE event_key IS NOT NULL;

CREATE INDEX trigger_events_held ON trigger_events (namespace, name, id) WHERE done_at IS NULL;

CREATE INDEX trigger_events_done ON trigger_events (namespace, done_at) WHERE done_at IS NOT NULL;

-- What was seen at the place of a trigger on objects. `mark` says which content it was, `since` from when on; `fired`: it
-- has made its job, or was there before the trigger was.
CREATE TABLE trigger_objects (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    object text COLLATE "C" NOT NULL,
    mark text NOT NULL,
    since bigint NOT NULL,
    fired boolean NOT NULL,
    PRIMARY KEY (namespace, name, object)
);

CREATE TABLE trigger_counts (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    events bigint NOT NULL,
    last_at bigint NOT NULL,
    last_job text,
    note text NOT NULL,
    PRIMARY KEY (namespace, name, outcome)
) WITH (fillfactor = 50);

-- The newest events that could not become a job, with the beginning of what they said.
CREATE TABLE trigger_refusals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    event_key text NOT NULL,
    at bigint NOT NULL,
    error text NOT NULL,
    body bytea NOT NULL
);

CREATE INDEX trigger_refusals_name ON trigger_refusals (namespace, name, id);
