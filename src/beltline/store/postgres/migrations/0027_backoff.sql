-- breaking: an older program reads all columns of a job, and would meet one more than it knows.
--
-- How long a job waits between its attempts, as JSON, where it does not go by its definition.
ALTER TABLE jobs ADD COLUMN backoff text COLLATE "C";
ALTER TABLE dead ADD COLUMN backoff text COLLATE "C";
ALTER TABLE history ADD COLUMN backoff text COLLATE "C";

-- The dead letters in the columns that jobs have when they are read.
CREATE OR REPLACE VIEW dead_jobs AS
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload, payload_hash, labels,
    created_at, queued_at, started_at, finished_at, fence, runs, attempts_used, crashes, max_attempts, session, request,
    paused_from, timeout_us, deadline_at, expires_at, result, error, progress, progress_note, correlation_id, traceparent,
    owner, actor, parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
FROM dead;

-- As before, and with the backoff of each job.
CREATE OR REPLACE FUNCTION insert_jobs(argument text) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
                correlation_id text, traceparent text, owner text, actor text, parent text, root text, needs text,
                backoff text
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
                expires_at, idempotency_key, labels, correlation_id, traceparent, owner, actor, parent, root, needs,
                backoff
            )
            VALUES (
                ns, 0, 0, 0, 0, new.id, new.definition, new.version, new.queue, new.state, new.reason, new.body,
                new.hash, new.created_at, new.queued_at, new.run_at, new.order_key, new.priority, new.max_attempts,
                new.timeout_us, new.deadline_at, new.expires_at, new.idempotency_key, new.labels, new.correlation_id,
                new.traceparent, new.owner, new.actor, new.parent, new.root, coalesce(new.needs, ''),
                new.backoff
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
