-- `alternatives`: whether a part was stored with several edges. Where it has one alone, what is met goes without a look for others.
ALTER TABLE edges ADD COLUMN alternatives boolean NOT NULL DEFAULT false;
UPDATE edges AS e SET alternatives = true
WHERE EXISTS (
    SELECT FROM edges AS o
    WHERE o.namespace = e.namespace AND o.dependent = e.dependent AND o.part = e.part
        AND o.prerequisite <> e.prerequisite
);
ALTER TABLE edges ALTER COLUMN alternatives DROP DEFAULT;

-- Stores what ties jobs together that a submit in the caller's own transaction has just stored: the steps of
-- `edge_known`, `batch_grow`, `edge_insert` and `settled_append`, and the hint. It answers nothing, as an empty text.
CREATE OR REPLACE FUNCTION link_store(argument text) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
    INSERT INTO edges (
        namespace, dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at, alternatives
    )
    SELECT
        ns, e.value ->> 0, (e.value ->> 1)::integer, e.value ->> 2, e.value ->> 3, e.value ->> 4,
        (e.value ->> 5)::bigint, (e.value ->> 6)::bigint,
        count(*) OVER (PARTITION BY e.value ->> 0, e.value ->> 1) > 1
    FROM json_array_elements(given -> 'edges') AS e
    ON CONFLICT DO NOTHING;
    INSERT INTO settled (namespace, job_id, state)
    SELECT ns, s.value ->> 0, s.value ->> 1 FROM json_array_elements(given -> 'settled') AS s;
    PERFORM pg_notify(given ->> 'channel', given ->> 'hint');
    RETURN '';
END
$$;
