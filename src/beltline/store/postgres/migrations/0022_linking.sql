-- Batches without a parent, as they are listed.
CREATE INDEX batches_roots ON batches (namespace, created_at, job_id) WHERE parent IS NULL;

-- What a submit in the caller's own transaction asks before it ties jobs together: takes the locks of `insert_known`,
-- then locks and touches the prerequisites, as `lock_jobs` and `edge_touch` do, and the parent, as `batch_root` does. Its
-- argument and its answer are JSON; the program decides between this and `link_store`.
CREATE FUNCTION link_look(argument text) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    given json := argument::json;
    ns text := given ->> 'namespace';
    wanted text[] := ARRAY(SELECT value FROM json_array_elements_text(given -> 'prerequisites'));
    lock json;
    root text;
BEGIN
    FOR lock IN SELECT value FROM json_array_elements(given -> 'locks') LOOP
        IF (lock ->> 1)::boolean THEN
            PERFORM pg_advisory_xact_lock_shared((lock ->> 0)::bigint);
        ELSE
            PERFORM pg_advisory_xact_lock((lock ->> 0)::bigint);
        END IF;
    END LOOP;
    IF given ->> 'parent' IS NOT NULL THEN
        SELECT coalesce(j.root, j.id) INTO root
        FROM jobs AS j WHERE j.namespace = ns AND j.id = given ->> 'parent' FOR UPDATE;
    END IF;
    PERFORM 1
    FROM (SELECT u.id FROM unnest(wanted) AS u (id) ORDER BY u.id COLLATE "C") AS i
    CROSS JOIN LATERAL (SELECT j.id FROM jobs AS j WHERE j.namespace = ns AND j.id = i.id FOR UPDATE) AS l;
    UPDATE jobs AS j SET reason = j.reason WHERE j.namespace = ns AND j.id = ANY (wanted);
    RETURN json_build_object(
        'root', root,
        'states', (
            SELECT coalesce(json_agg(json_build_array(f.id, f.state)), '[]'::json)
            FROM unnest(wanted) AS i (id)
            CROSS JOIN LATERAL (
                SELECT j.id, j.state FROM jobs AS j WHERE j.namespace = ns AND j.id = i.id
                UNION ALL
                SELECT d.id, d.state FROM dead AS d WHERE d.namespace = ns AND d.id = i.id
                UNION ALL
                SELECT h.id, h.state FROM history AS h WHERE h.namespace = ns AND h.id = i.id
            ) AS f
        ),
        'reach', (
            WITH RECURSIVE reached (dependent, prerequisite) AS (
                SELECT e.dependent, e.prerequisite FROM edges AS e WHERE e.namespace = ns AND e.dependent = ANY (wanted)
                UNION
                SELECT e.dependent, e.prerequisite
                FROM reached AS r
                JOIN edges AS e ON e.namespace = ns AND e.dependent = r.prerequisite
            )
            SELECT coalesce(json_agg(json_build_array(r.dependent, r.prerequisite)), '[]'::json) FROM reached AS r
        )
    )::text;
END
$$;

-- Stores what ties jobs together that a submit in the caller's own transaction has just stored: the steps of
-- `edge_known`, `batch_grow`, `edge_insert` and `settled_append`, and the hint. It answers nothing, as an empty text.
CREATE FUNCTION link_store(argument text) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    given json := argument::json;
    ns text := given ->> 'namespace';
    children integer := (given ->> 'children')::integer;
    is_new boolean;
BEGIN
    UPDATE edges AS e SET unknown_at = NULL
    WHERE e.namespace = ns AND e.unknown_at IS NOT NULL
        AND e.prerequisite IN (SELECT value FROM json_array_elements_text(given -> 'chosen'));
    IF children > 0 THEN
        INSERT INTO batches AS b (
            namespace, job_id, parent, root, kind, created_at, total, succeeded, failed, cancelled, flawed, run_us,
            is_stopped, ended_at, turn, seen
        )
        SELECT
            ns, j.id, j.parent, coalesce(j.root, j.id), given ->> 'kind', (given ->> 'now')::bigint, children,
            0, 0, 0, 0, 0, false, NULL, 1, 0
        FROM jobs AS j
        WHERE j.namespace = ns AND j.id = given ->> 'parent'
        ON CONFLICT (namespace, job_id) DO UPDATE
        SET total = b.total + excluded.total, turn = b.turn + b.is_stopped::integer
        RETURNING (b.total = children AND b.seen = 0) INTO is_new;
        IF is_new THEN
            UPDATE jobs AS j SET reason = j.reason WHERE j.namespace = ns AND j.id = given ->> 'parent';
        END IF;
    END IF;
    INSERT INTO edges (namespace, dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at)
    SELECT
        ns, e.value ->> 0, (e.value ->> 1)::integer, e.value ->> 2, e.value ->> 3, e.value ->> 4,
        (e.value ->> 5)::bigint, (e.value ->> 6)::bigint
    FROM json_array_elements(given -> 'edges') AS e
    ON CONFLICT DO NOTHING;
    INSERT INTO settled (namespace, job_id, state)
    SELECT ns, s.value ->> 0, s.value ->> 1 FROM json_array_elements(given -> 'settled') AS s;
    PERFORM pg_notify(given ->> 'channel', given ->> 'hint');
    RETURN '';
END
$$;
