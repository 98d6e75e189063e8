-- breaking: payloads are compared by SHA-256, which PostgreSQL itself can compute; and jobs are submitted from SQL.

-- What payloads are compared by: the first 16 bytes of SHA-256. A reference (its first byte is 1) names that of its content.
CREATE FUNCTION payload_hash_of(payload bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN substring(payload FOR 1) = '\x01'
        THEN decode(left(convert_from(substring(payload FROM 2), 'UTF8')::json ->> 'sha256', 32), 'hex')
        ELSE substring(sha256(payload) FOR 16)
    END
$$;

-- Keys made of a payload's hash follow it; what they stand for is found before the jobs' own hashes change.
UPDATE idempotency AS k
SET payload_hash = payload_hash_of(f.payload),
    idempotency_key = CASE
        WHEN k.idempotency_key = 'content:' || encode(f.payload_hash, 'hex')
        THEN 'content:' || encode(payload_hash_of(f.payload), 'hex')
        ELSE k.idempotency_key
    END
FROM (
    SELECT namespace, id, payload, payload_hash FROM jobs
    UNION ALL
    SELECT namespace, id, payload, payload_hash FROM dead
    UNION ALL
    SELECT namespace, id, payload, payload_hash FROM history
) AS f
WHERE f.namespace = k.namespace AND f.id = k.job_id;

UPDATE jobs
SET idempotency_key = 'content:' || encode(payload_hash_of(payload), 'hex')
WHERE idempotency_key = 'content:' || encode(payload_hash, 'hex');
UPDATE dead
SET idempotency_key = 'content:' || encode(payload_hash_of(payload), 'hex')
WHERE idempotency_key = 'content:' || encode(payload_hash, 'hex');
UPDATE history
SET idempotency_key = 'content:' || encode(payload_hash_of(payload), 'hex')
WHERE idempotency_key = 'content:' || encode(payload_hash, 'hex');
UPDATE jobs SET payload_hash = payload_hash_of(payload);
UPDATE dead SET payload_hash = payload_hash_of(payload);
UPDATE history SET payload_hash = payload_hash_of(payload);

-- The schema and some words as one hash, as address.py makes it: names of channels and numbers of locks come from it.
CREATE FUNCTION words_hash(VARIADIC words text[]) RETURNS text LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    bytes bytea := convert_to(current_schema(), 'UTF8');
    word text;
BEGIN
    FOREACH word IN ARRAY words LOOP
        bytes := bytes || '\x00'::bytea || convert_to(word, 'UTF8');
    END LOOP;
    RETURN encode(sha256(bytes), 'hex');
END $$;

CREATE FUNCTION lock_number(VARIADIC words text[]) RETURNS bigint LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN ('x' || left(words_hash(VARIADIC words), 16))::bit(64)::bigint;
END $$;

-- An id as core/ids.py makes it: ten characters of milliseconds, sixteen of chance. Of a random UUID the first six bytes
-- and the last seven are chance alone; twice 40 bits are used.
CREATE FUNCTION new_job_id(at bigint) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    hex text := replace(gen_random_uuid()::text, '-', '');
    parts bigint[] := ARRAY[at / 1000, ('x' || left(hex, 10))::bit(40)::bigint, ('x' || right(hex, 10))::bit(40)::bigint];
    id text := '';
BEGIN
    FOR part IN 1..3 LOOP
        FOR digit IN REVERSE (CASE part WHEN 1 THEN 9 ELSE 7 END)..0 LOOP
            id := id || substr('0123456789abcdefghjkmnpqrstvwxyz', ((parts[part] >> (5 * digit)) & 31)::integer + 1, 1);
        END LOOP;
    END LOOP;
    RETURN id;
END $$;

CREATE FUNCTION micros_of(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (extract(epoch FROM at) * 1000000)::bigint
$$;

-- JSON as Beltline writes it: without the blanks between its parts.
CREATE FUNCTION compact_json(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(value, '("(?:[^"\\]|\\.)*")|[ \t\n\r]+', '\1', 'g')
$$;

-- Labels as Beltline writes them, names in order; those that come later win. NULL where there are none.
CREATE FUNCTION labels_text(labels jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN (
        SELECT '{' || string_agg(to_json(l.key)::text || ':' || to_json(l.value)::text, ',' ORDER BY l.key COLLATE "C") || '}'
        FROM jsonb_each_text(labels) AS l
    );
END $$;

-- What the jobs of a definition ask of their worker, as core/needs.py writes it; a pinned one asks for its version.
CREATE FUNCTION needs_text(policies json, definition text, version text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    pinned boolean := coalesce((policies ->> 'pinned')::boolean, false);
    asked text := concat_ws(
        ',',
        CASE WHEN pinned THEN '"definition":' || to_json(definition)::text END,
        '"resources":' || (policies -> 'resources')::text,
        '"tags":' || (policies -> 'tags')::text,
        CASE WHEN pinned THEN '"version":' || to_json(version)::text END
    );
BEGIN
    RETURN CASE WHEN asked = '' THEN '' ELSE '{' || asked || '}' END;
END $$;

-- What is wrong with the options of a submit, in the words of engine/submit.py. These functions are PL/pgSQL, which plans
-- a statement once in a session; the same in SQL was planned at each call, 5 ms of a submit.
CREATE FUNCTION submit_faults(names json, numbers json, spans json, moments json, labels jsonb)
RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT format('%s %L: use 1 to 128 letters, digits and . _ : / @ -, first a letter or digit', n.key, n.value)
    FROM json_each_text(names) AS n
    WHERE n.key IN ('id', 'queue') AND n.value !~ '^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$'
    UNION ALL
    SELECT n.key || ': use 1 to 256 printable characters'
    FROM json_each_text(names) AS n
    WHERE n.key NOT IN ('id', 'queue') AND (length(n.value) NOT BETWEEN 1 AND 256 OR n.value ~ '[\x01-\x1f\x7f]')
    UNION ALL
    SELECT format('%s %s: use a whole number from %s to 1,000', n.key, n.value, CASE n.key WHEN 'priority' THEN '-1,000' ELSE '1' END)
    FROM json_each_text(numbers) AS n
    WHERE n.value::integer NOT BETWEEN CASE n.key WHEN 'priority' THEN -1000 ELSE 1 END AND 1000
    UNION ALL
    SELECT format('%s %L is not from 0 to 100 years', s.key, s.value)
    FROM json_each_text(spans) AS s
    WHERE extract(epoch FROM s.value::interval) NOT BETWEEN 0 AND 36500 * 86400::bigint
    UNION ALL
    SELECT format('%s %L is not a moment; name a day', m.key, m.value)
    FROM json_each_text(moments) AS m
    WHERE NOT isfinite(m.value::timestamptz)
    UNION ALL
    SELECT 'labels: give an object of names and texts'
    WHERE jsonb_typeof(labels) <> 'object'
    UNION ALL
    SELECT format('labels: %s given, at most 32 are kept', l.given)
    FROM (SELECT count(*) AS given FROM jsonb_each(CASE jsonb_typeof(labels) WHEN 'object' THEN labels END)) AS l
    WHERE l.given > 32
    UNION ALL
    SELECT f.fault
    FROM jsonb_each(CASE jsonb_typeof(labels) WHEN 'object' THEN labels END) AS l
    CROSS JOIN LATERAL (
        SELECT format('label name %L: use 1 to 128 letters, digits and . _ : / @ -', l.key) AS fault
        WHERE l.key !~ '^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$'
        UNION ALL
        SELECT format('label %L: the value must be a text of at most 256 printable characters', l.key)
        WHERE jsonb_typeof(l.value) <> 'string' OR length(l.value #>> '{}') > 256 OR l.value #>> '{}' ~ '[\x01-\x1f\x7f]'
    ) AS f;
END $$;

-- What is wrong with a payload, as far as that can be said without its type.
CREATE FUNCTION payload_fault(payload text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    plain text;
BEGIN
    IF payload IS NULL OR json_typeof(payload::json) <> 'object' THEN
        RETURN 'payload: give a JSON object, the arguments of the job by name';
    END IF;
    IF octet_length(payload) > 1048576 THEN
        RETURN format('payload: it has %s bytes, more than 1,048,576; keep it elsewhere and give a reference', octet_length(payload));
    END IF;
    -- Escapes are looked at as they are written: \u0000 is JSON, but no text of PostgreSQL.
    plain := replace(replace(replace(payload, '\\', chr(57344)), '\"', chr(57345)), '\', chr(57346));
    IF (SELECT count(*) <> count(DISTINCT k.key) FROM json_object_keys(plain::json) AS k (key)) THEN
        RETURN 'payload: a name occurs more than once; give each name once';
    END IF;
    RETURN NULL;
EXCEPTION WHEN data_exception OR statement_too_complex THEN
    RETURN format('payload: %s', sqlerrm);
END $$;

-- Submits a job in the transaction of whoever calls it and returns its id: the same row, by the same `insert_jobs`, as a
-- submit from Python without the app's code. An option left NULL takes the definition's value.
CREATE FUNCTION beltline_submit(
    definition text,
    payload text DEFAULT '{}',
    queue text DEFAULT NULL,
    delay interval DEFAULT NULL,
    run_at timestamptz DEFAULT NULL,
    priority integer DEFAULT NULL,
    labels jsonb DEFAULT NULL,
    idempotency_key text DEFAULT NULL,
    namespace text DEFAULT 'default',
    id text DEFAULT NULL,
    dedupe text DEFAULT NULL,
    deadline timestamptz DEFAULT NULL,
    expires timestamptz DEFAULT NULL,
    timeout interval DEFAULT NULL,
    max_attempts integer DEFAULT NULL,
    correlation_id text DEFAULT NULL,
    traceparent text DEFAULT NULL,
    owner text DEFAULT NULL,
    actor text DEFAULT NULL
) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    at bigint := micros_of(clock_timestamp());
    known record;
    policies json;
    faults text[];
    body text;
    hash bytea;
    starts bigint;
    later boolean;
    rank integer;
    key text;
    locks json := '[]';
    answer json;
BEGIN
    SELECT d.version, d.queue, nullif(d.owner, '') AS owner, nullif(d.policies, '') AS policies INTO known
    FROM definitions AS d
    WHERE d.namespace = beltline_submit.namespace AND d.name = beltline_submit.definition AND d.newest;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'undefined_object',
            MESSAGE = format('there is no job definition %L in the namespace %L', definition, namespace),
            HINT = 'register it with `beltline definitions apply APP` or by starting a worker that has it',
            DETAIL = 'definition_unknown';
    END IF;
    policies := coalesce(known.policies, '{}')::json;
    faults := array_remove(ARRAY[
        CASE WHEN delay IS NOT NULL AND run_at IS NOT NULL THEN 'delay and run_at exclude each other: give one of them' END,
        CASE WHEN id IS NOT NULL AND (idempotency_key IS NOT NULL OR dedupe IS NOT NULL) THEN
            'id and idempotency_key (or dedupe) exclude each other: each alone makes a submit repeatable' END,
        CASE WHEN dedupe <> 'content' THEN format('dedupe %L is unknown; use ''content''', dedupe) END,
        payload_fault(payload)
    ], NULL) || ARRAY(SELECT submit_faults(
        json_strip_nulls(json_build_object(
            'id', id, 'queue', queue, 'idempotency_key', idempotency_key, 'correlation_id', correlation_id,
            'traceparent', traceparent, 'owner', owner, 'actor', actor
        )),
        json_strip_nulls(json_build_object('priority', priority, 'max_attempts', max_attempts)),
        json_strip_nulls(json_build_object('delay', delay, 'timeout', timeout)),
        json_strip_nulls(json_build_object('run_at', run_at, 'deadline', deadline, 'expires', expires)),
        labels
    ));
    IF cardinality(faults) > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = E'the job was refused:\n  - ' || array_to_string(faults, E'\n  - '),
            DETAIL = 'invalid_input';
    END IF;
    body := compact_json(payload);
    hash := payload_hash_of(convert_to(body, 'UTF8'));
    starts := coalesce(at + (extract(epoch FROM delay) * 1000000)::bigint, micros_of(run_at), at);
    later := starts > at;
    rank := coalesce(priority, (policies ->> 'priority')::integer, 0);
    key := CASE
        WHEN id IS NOT NULL THEN NULL
        WHEN idempotency_key IS NOT NULL THEN idempotency_key
        WHEN coalesce(dedupe, policies ->> 'dedupe') IS NOT NULL THEN 'content:' || encode(hash, 'hex')
    END;
    IF key IS NOT NULL OR id IS NOT NULL THEN
        locks := json_build_array(
            json_build_array(lock_number('insert', namespace), true),
            json_build_array(
                CASE WHEN id IS NULL
                THEN lock_number('insert', namespace, definition, key)
                ELSE lock_number('insert', namespace, id) END,
                false
            )
        );
    END IF;
    answer := insert_jobs(json_build_object(
        'namespace', namespace, 'now', at, 'all_or_none', true, 'locks', locks,
        'channel', 'beltline_' || left(words_hash(namespace), 24),
        'hint', CASE WHEN later THEN 'scheduled' ELSE 'queued' END,
        'jobs', json_build_array(json_build_object(
            'id', coalesce(id, new_job_id(at)), 'chosen_id', id IS NOT NULL,
            'definition', definition, 'version', known.version, 'queue', coalesce(queue, known.queue),
            'state', CASE WHEN later THEN 'scheduled' ELSE 'queued' END,
            'reason', CASE WHEN later THEN 'delayed' ELSE 'submitted' END,
            'payload', encode(convert_to(body, 'UTF8'), 'base64'), 'payload_hash', encode(hash, 'base64'),
            'created_at', at, 'run_at', CASE WHEN later THEN starts ELSE at END, 'queued_at', CASE WHEN NOT later THEN at END,
            'order_key', CASE WHEN NOT later THEN at - rank * 60000000::bigint END, 'priority', rank,
            'max_attempts', coalesce(max_attempts, (policies ->> 'max_attempts')::integer, 5),
            'timeout_us', coalesce((extract(epoch FROM timeout) * 1000000)::bigint, (policies ->> 'timeout_us')::bigint),
            'deadline_at', coalesce(micros_of(deadline), at + (policies ->> 'deadline_us')::bigint),
            'expires_at', coalesce(micros_of(expires), at + (policies ->> 'expires_us')::bigint),
            'idempotency_key', key,
            'labels', labels_text(coalesce((policies ->> 'labels')::jsonb, '{}') || coalesce(labels, '{}')),
            'correlation_id', correlation_id, 'traceparent', traceparent,
            'owner', coalesce(owner, known.owner), 'actor', actor,
            'needs', needs_text(policies, definition, known.version)
        ))
    )::text)::json -> 0;
    IF answer ->> 1 IN ('key_reused', 'id_reused') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'unique_violation',
            MESSAGE = format('%s stands for another job (%s) with another payload', coalesce(key, id), answer ->> 0),
            HINT = 'use a key or id of its own for each payload',
            DETAIL = answer ->> 1;
    END IF;
    RETURN answer ->> 0;
END $$;

-- The same for the two types of JSON: one function for each, so that a payload needs no cast and a plain text stays one.
CREATE FUNCTION beltline_submit(
    definition text, payload jsonb, queue text DEFAULT NULL, delay interval DEFAULT NULL, run_at timestamptz DEFAULT NULL,
    priority integer DEFAULT NULL, labels jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL,
    namespace text DEFAULT 'default', id text DEFAULT NULL, dedupe text DEFAULT NULL, deadline timestamptz DEFAULT NULL,
    expires timestamptz DEFAULT NULL, timeout interval DEFAULT NULL, max_attempts integer DEFAULT NULL,
    correlation_id text DEFAULT NULL, traceparent text DEFAULT NULL, owner text DEFAULT NULL, actor text DEFAULT NULL
) RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT beltline_submit(
        $1, $2::text, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
    )
$$;

CREATE FUNCTION beltline_submit(
    definition text, payload json, queue text DEFAULT NULL, delay interval DEFAULT NULL, run_at timestamptz DEFAULT NULL,
    priority integer DEFAULT NULL, labels jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL,
    namespace text DEFAULT 'default', id text DEFAULT NULL, dedupe text DEFAULT NULL, deadline timestamptz DEFAULT NULL,
    expires timestamptz DEFAULT NULL, timeout interval DEFAULT NULL, max_attempts integer DEFAULT NULL,
    correlation_id text DEFAULT NULL, traceparent text DEFAULT NULL, owner text DEFAULT NULL, actor text DEFAULT NULL
) RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT beltline_submit(
        $1, $2::text, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
    )
$$;
