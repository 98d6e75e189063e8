-- Workflows, every version that was ever applied, and the signals that runs of them were sent.

CREATE TABLE workflows (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    graph text NOT NULL,
    applied_at bigint NOT NULL,
    -- The newest of its name has the highest turn: a wall clock may jump.
    turn bigint NOT NULL,
    PRIMARY KEY (namespace, name, version)
);

-- A signal may come before its step waits for it; the first one of a name counts.
CREATE TABLE signals (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    payload bytea NOT NULL,
    actor text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (namespace, job_id, name)
);

-- As before, and the batches and signals of the jobs go too.
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
            ' p AS (DELETE FROM positions WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' b AS (DELETE FROM batches WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' g AS (DELETE FROM signals WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone)))'
            ' SELECT count(*) FROM gone', name)
        INTO gone USING ns, most;
        RETURN gone;
    END IF;
    EXECUTE format('SELECT count(*) FROM %I', name) INTO gone;
    FOREACH part IN ARRAY ARRAY['attempts', 'artifacts', 'job_logs', 'steps', 'positions', 'batches', 'signals'] LOOP
        EXECUTE format('DELETE FROM %I AS o USING %I AS h WHERE o.namespace = h.namespace AND o.job_id = h.id', part, name);
    END LOOP;
    EXECUTE format('DROP TABLE %I', name);
    RETURN gone;
END $$;
