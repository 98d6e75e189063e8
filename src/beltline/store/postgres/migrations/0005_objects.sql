-- What stays outside the rows: the identity by which objects are told from those of other stores, and the list of the
-- artifacts that jobs made.

CREATE TABLE identity (
    id text COLLATE "C" NOT NULL
);

INSERT INTO identity (id) VALUES (left(replace(gen_random_uuid()::text, '-', ''), 16));

-- `reference` says where the content is; a later artifact of the same run and name replaces an earlier one.
CREATE TABLE artifacts (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    run integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    type text NOT NULL,
    size bigint NOT NULL,
    reference bytea NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (namespace, job_id, run, name)
);

-- As before, and the artifacts of the jobs go too.
CREATE OR REPLACE FUNCTION history_drop_day(name text, ns text, most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
    shared boolean;
    part text;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I WHERE namespace < $1) OR EXISTS (SELECT FROM %1$I WHERE namespace > $1)', name)
    INTO shared USING ns;
    IF shared THEN
        EXECUTE format(
            'WITH gone AS (DELETE FROM %1$I WHERE ctid = ANY (ARRAY('
            '    SELECT ctid FROM %1$I WHERE namespace = $1 LIMIT $2)) RETURNING id),'
            ' a AS (DELETE FROM attempts WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' f AS (DELETE FROM artifacts WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' l AS (DELETE FROM job_logs WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' s AS (DELETE FROM steps WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' p AS (DELETE FROM positions WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone)))'
            ' SELECT count(*) FROM gone', name)
        INTO gone USING ns, most;
        RETURN gone;
    END IF;
    EXECUTE format('SELECT count(*) FROM %I', name) INTO gone;
    FOREACH part IN ARRAY ARRAY['attempts', 'artifacts', 'job_logs', 'steps', 'positions'] LOOP
        EXECUTE format('DELETE FROM %I AS o USING %I AS h WHERE o.namespace = h.namespace AND o.job_id = h.id', part, name);
    END LOOP;
    EXECUTE format('DROP TABLE %I', name);
    RETURN gone;
END $$;
