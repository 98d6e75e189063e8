-- The first schema. Times are UTC microseconds; ids sort by their bytes, so they are COLLATE "C" wherever they are compared.

-- Unfinished work. Every row is inserted, updated by its claim and deleted soon after, so what counts is the number of
-- index entries: the primary key and `ready` at the insert, the primary key and `held` at the claim, nothing more.
CREATE TABLE jobs (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    definition text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    priority integer NOT NULL,
    order_key bigint,
    run_at bigint,
    payload bytea NOT NULL,
    payload_hash bytea NOT NULL,
    labels text,
    created_at bigint NOT NULL,
    queued_at bigint,
    started_at bigint,
    finished_at bigint,
    fence bigint NOT NULL,
    runs integer NOT NULL,
    attempts_used integer NOT NULL,
    crashes integer NOT NULL,
    max_attempts integer NOT NULL,
    session text COLLATE "C",
    request text COLLATE "C",
    paused_from text COLLATE "C",
    timeout_us bigint,
    deadline_at bigint,
    expires_at bigint,
    result bytea,
    error bytea,
    progress double precision,
    progress_note text,
    correlation_id text,
    traceparent text,
    owner text,
    actor text,
    parent text COLLATE "C",
    root text COLLATE "C",
    idempotency_key text COLLATE "C",
    PRIMARY KEY (namespace, id)
);

-- Same columns, same order: a job moves between the three tables as a whole row.
CREATE TABLE dead (LIKE jobs, discarded_at bigint, PRIMARY KEY (namespace, id));
CREATE TABLE history (LIKE jobs) PARTITION BY RANGE (finished_at);

ALTER TABLE jobs
    ADD CONSTRAINT jobs_state CHECK (state IN ('waiting', 'scheduled', 'queued', 'running', 'retrying', 'paused')),
    ADD CONSTRAINT jobs_unfinished CHECK (finished_at IS NULL),
    -- A dead entry stays in `ready` until vacuum: many jobs a minute pass through, so vacuum often and without naps.
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

ALTER TABLE dead
    ADD CONSTRAINT dead_state CHECK (state IN ('failed', 'timed_out')),
    ADD CONSTRAINT dead_finished CHECK (finished_at IS NOT NULL);

ALTER TABLE history
    ADD CONSTRAINT history_state CHECK (state IN ('succeeded', 'cancelled')),
    ADD CONSTRAINT history_finished CHECK (finished_at IS NOT NULL);

CREATE INDEX ready ON jobs (namespace, queue, order_key, id) WHERE state = 'queued';
CREATE INDEX due ON jobs (namespace, run_at) WHERE state IN ('scheduled', 'retrying');
CREATE INDEX held ON jobs (namespace, session) WHERE state = 'running';
CREATE INDEX parked ON jobs (namespace, id) WHERE state IN ('waiting', 'paused');
CREATE INDEX deadline ON jobs (namespace, deadline_at) WHERE deadline_at IS NOT NULL AND state <> 'running';
CREATE INDEX expiry ON jobs (namespace, expires_at) WHERE expires_at IS NOT NULL AND runs = 0 AND state <> 'running';

-- The condition is always true; it keeps the index out of look-ups by id, for which a planner without statistics found
-- it as good as the primary key.
CREATE INDEX dead_finished ON dead (namespace, finished_at) WHERE finished_at IS NOT NULL;

-- A partitioned table cannot have a unique index without its partition key; an id is in one table at a time because
-- rows only ever move here from `jobs`.
CREATE INDEX history_id ON history (namespace, id);

-- One partition for each UTC day; what falls on a day that has none goes here. Only this one is pruned row by row.
CREATE TABLE history_default PARTITION OF history DEFAULT;
CREATE INDEX history_default_finished ON history_default (namespace, finished_at) WHERE finished_at IS NOT NULL;

-- The day partitions and where each day begins.
CREATE VIEW history_days AS
SELECT
    c.relname::text AS name,
    (extract(epoch FROM to_timestamp(substring(c.relname FROM 9), 'YYYYMMDD') AT TIME ZONE 'UTC') * 1000000)::bigint AS day
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'history'::regclass AND c.relname ~ '^history_[0-9]{8}$';

-- Makes the partition of the day that begins at `day`; false where it exists or rows of that day already lie in the
-- default partition. ATTACH, not PARTITION OF: that one would lock the whole of history against reads and writes.
CREATE FUNCTION history_make_day(day bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    name text := 'history_' || to_char(to_timestamp(day / 1000000) AT TIME ZONE 'UTC', 'YYYYMMDD');
    until bigint := day + 86400000000;
BEGIN
    IF EXISTS (SELECT FROM history_days AS h WHERE h.day = history_make_day.day)
        OR EXISTS (SELECT FROM history_default AS d WHERE d.finished_at >= history_make_day.day AND d.finished_at < until)
    THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE history INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE history ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', name, day, until);
    RETURN true;
END $$;

-- Drops a day's partition with the attempts and logs of its jobs and returns how many jobs went. Where other
-- namespaces have jobs of that day too, only those of this one are removed, up to `most`.
CREATE FUNCTION history_drop_day(name text, ns text, most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
    shared boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I WHERE namespace < $1) OR EXISTS (SELECT FROM %1$I WHERE namespace > $1)', name)
    INTO shared USING ns;
    IF shared THEN
        EXECUTE format(
            'WITH gone AS (DELETE FROM %1$I WHERE ctid = ANY (ARRAY('
            '    SELECT ctid FROM %1$I WHERE namespace = $1 LIMIT $2)) RETURNING id),'
            ' a AS (DELETE FROM attempts WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' l AS (DELETE FROM job_logs WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone)))'
            ' SELECT count(*) FROM gone', name)
        INTO gone USING ns, most;
        RETURN gone;
    END IF;
    EXECUTE format('SELECT count(*) FROM %I', name) INTO gone;
    EXECUTE format('DELETE FROM attempts AS a USING %I AS h WHERE a.namespace = h.namespace AND a.job_id = h.id', name);
    EXECUTE format('DELETE FROM job_logs AS l USING %I AS h WHERE l.namespace = h.namespace AND l.job_id = h.id', name);
    EXECUTE format('DROP TABLE %I', name);
    RETURN gone;
END $$;

-- A key stands for its job until `expires_at`, which is empty while the job is unfinished.
CREATE TABLE idempotency (
    namespace text COLLATE "C" NOT NULL,
    definition text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    payload_hash bytea NOT NULL,
    expires_at bigint,
    PRIMARY KEY (namespace, definition, idempotency_key)
);
CREATE INDEX idempotency_expiry ON idempotency (namespace, expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE definitions (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    schema text NOT NULL,
    policies text NOT NULL,
    owner text NOT NULL,
    runbook text NOT NULL,
    applied_at bigint NOT NULL,
    newest boolean NOT NULL,
    PRIMARY KEY (namespace, name, version)
);

-- The runs that another one followed; the last run of a job is on the job's own row.
CREATE TABLE attempts (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    run integer NOT NULL,
    session text COLLATE "C",
    started_at bigint NOT NULL,
    finished_at bigint NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    error bytea,
    PRIMARY KEY (namespace, job_id, run)
);

-- Beats touch no indexed column, and half of each page is kept free for them: each beat is a heap-only update.
CREATE TABLE sessions (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    lease_us bigint NOT NULL,
    queues text[],
    concurrency integer NOT NULL,
    opened_at bigint NOT NULL,
    beat_at bigint NOT NULL,
    beats bigint NOT NULL,
    closed_at bigint,
    lost_at bigint,
    PRIMARY KEY (namespace, id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE queues (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    paused boolean NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (namespace, name)
);

-- Appended by every insert and apply, taken away by `fold` a second later: no index, the table stays a few pages.
CREATE TABLE deltas (
    namespace text COLLATE "C" NOT NULL,
    minute bigint NOT NULL,
    definition text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    run_us bigint NOT NULL,
    wait_us bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE rollups (
    namespace text COLLATE "C" NOT NULL,
    minute bigint NOT NULL,
    definition text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    run_us bigint NOT NULL,
    wait_us bigint NOT NULL,
    PRIMARY KEY (namespace, minute, definition, queue, event)
) WITH (fillfactor = 70);

CREATE TABLE job_logs (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    run integer NOT NULL,
    at bigint NOT NULL,
    level text NOT NULL,
    message text NOT NULL,
    fields text NOT NULL,
    PRIMARY KEY (namespace, job_id, seq)
);

CREATE TABLE audit (
    namespace text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    reason text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (namespace, seq)
);

-- Stores jobs in the transaction of whoever calls it, and answers with [id, outcome] for each. The argument is one JSON
-- text, so that any driver can pass it: namespace, now, all_or_none, locks, channel, hint, jobs (bytes as base64).
-- It does row by row what inserts.py does for whole batches.
CREATE FUNCTION insert_jobs(argument text) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    given json := argument::json;
    ns text := given ->> 'namespace';
    at bigint := (given ->> 'now')::bigint;
    new record;
    known record;
    answers text[] := '{}';
    outcome text;
    refused boolean := false;
    lock json;
BEGIN
    FOR lock IN SELECT value FROM json_array_elements(given -> 'locks') LOOP
        IF (lock ->> 1)::boolean THEN
            PERFORM pg_advisory_xact_lock_shared((lock ->> 0)::bigint);
        ELSE
            PERFORM pg_advisory_xact_lock((lock ->> 0)::bigint);
        END IF;
    END LOOP;
    BEGIN
        FOR new IN
            SELECT *, decode(j.payload, 'base64') AS body, decode(j.payload_hash, 'base64') AS hash
            FROM json_to_recordset(given -> 'jobs') AS j (
                id text, definition text, version text, queue text, state text, reason text, payload text, payload_hash text,
                created_at bigint, queued_at bigint, run_at bigint, order_key bigint, priority integer, max_attempts integer,
                timeout_us bigint, deadline_at bigint, expires_at bigint, idempotency_key text, chosen_id boolean, labels text,
                correlation_id text, traceparent text, owner text, actor text, parent text, root text
            )
        LOOP
            known := NULL;
            IF new.idempotency_key IS NOT NULL THEN
                SELECT k.job_id AS id, k.payload_hash AS hash INTO known
                FROM idempotency AS k
                WHERE k.namespace = ns
                    AND k.definition = new.definition
                    AND k.idempotency_key = new.idempotency_key
                    AND (k.expires_at IS NULL OR k.expires_at > at);
                IF FOUND THEN
                    outcome := CASE WHEN known.hash = new.hash THEN 'existing' ELSE 'key_reused' END;
                    refused := refused OR outcome <> 'existing';
                    answers := answers || json_build_array(known.id, outcome)::text;
                    CONTINUE;
                END IF;
            END IF;
            IF new.chosen_id THEN
                SELECT f.definition, f.payload_hash AS hash INTO known
                FROM (
                    SELECT j.definition, j.payload_hash FROM jobs AS j WHERE j.namespace = ns AND j.id = new.id
                    UNION ALL
                    SELECT d.definition, d.payload_hash FROM dead AS d WHERE d.namespace = ns AND d.id = new.id
                    UNION ALL
                    SELECT h.definition, h.payload_hash FROM history AS h WHERE h.namespace = ns AND h.id = new.id
                ) AS f;
                IF FOUND THEN
                    outcome := CASE
                        WHEN known.hash = new.hash AND known.definition = new.definition THEN 'existing' ELSE 'id_reused'
                    END;
                    refused := refused OR outcome <> 'existing';
                    answers := answers || json_build_array(new.id, outcome)::text;
                    CONTINUE;
                END IF;
            END IF;
            IF new.idempotency_key IS NOT NULL THEN
                INSERT INTO idempotency AS k (namespace, definition, idempotency_key, job_id, payload_hash)
                VALUES (ns, new.definition, new.idempotency_key, new.id, new.hash)
                ON CONFLICT (namespace, definition, idempotency_key) DO UPDATE
                SET job_id = excluded.job_id, payload_hash = excluded.payload_hash, expires_at = NULL;
            END IF;
            INSERT INTO jobs (
                namespace, fence, runs, attempts_used, crashes, id, definition, version, queue, state, reason, payload,
                payload_hash, created_at, queued_at, run_at, order_key, priority, max_attempts, timeout_us, deadline_at,
                expires_at, idempotency_key, labels, correlation_id, traceparent, owner, actor, parent, root
            )
            VALUES (
                ns, 0, 0, 0, 0, new.id, new.definition, new.version, new.queue, new.state, new.reason, new.body,
                new.hash, new.created_at, new.queued_at, new.run_at, new.order_key, new.priority, new.max_attempts,
                new.timeout_us, new.deadline_at, new.expires_at, new.idempotency_key, new.labels, new.correlation_id,
                new.traceparent, new.owner, new.actor, new.parent, new.root
            );
            INSERT INTO deltas (namespace, minute, definition, queue, event, count, run_us, wait_us)
            VALUES (ns, at / 60000000 * 60000000, new.definition, new.queue, 'submitted', 1, 0, 0);
            answers := answers || json_build_array(new.id, 'created')::text;
        END LOOP;
        IF refused AND (given ->> 'all_or_none')::boolean THEN
            RAISE EXCEPTION USING ERRCODE = 'BL001';
        END IF;
    EXCEPTION WHEN SQLSTATE 'BL001' THEN
        -- Everything since the inner BEGIN is undone; the answers are kept.
        RETURN '[' || array_to_string(answers, ',') || ']';
    END;
    IF given ->> 'hint' IS NOT NULL THEN
        PERFORM pg_notify(given ->> 'channel', given ->> 'hint');
    END IF;
    RETURN '[' || array_to_string(answers, ',') || ']';
END $$;

SELECT history_make_day((extract(epoch FROM date_trunc('day', now() AT TIME ZONE 'UTC'))::bigint + 86400 * days) * 1000000)
FROM generate_series(0, 7) AS days;
