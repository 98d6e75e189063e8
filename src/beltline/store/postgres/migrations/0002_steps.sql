-- What jobs remember from run to run, and the ledger of keys.

-- Rows are written once and go with their job.
CREATE TABLE steps (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    at bigint NOT NULL,
    result bytea NOT NULL,
    PRIMARY KEY (namespace, job_id, name)
);

-- Written again every few seconds: half of each page is left free, so that a new version stays beside the old one.
CREATE TABLE positions (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    at bigint NOT NULL,
    position bytea NOT NULL,
    PRIMARY KEY (namespace, job_id, name)
) WITH (fillfactor = 50);

CREATE TABLE ledger (
    namespace text COLLATE "C" NOT NULL,
    definition text COLLATE "C" NOT NULL,
    once_key text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    asked integer NOT NULL,
    at bigint NOT NULL,
    content text,
    PRIMARY KEY (namespace, definition, once_key)
);
CREATE INDEX ledger_at ON ledger (namespace, at);

-- Records a step in the transaction of whoever calls it and says what became of it. The argument is one JSON text:
-- namespace, now, job_id, fence, name, result (as base64). A record that is there already is `taken` or `lost`: the
-- insert waits for the open transaction of another run before it finds it.
CREATE FUNCTION record_step(argument text) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    given json := argument::json;
    mine bigint := (given ->> 'fence')::bigint;
    known bigint;
BEGIN
    INSERT INTO steps (namespace, job_id, name, fence, at, result)
    SELECT j.namespace, j.id, given ->> 'name', mine, (given ->> 'now')::bigint, decode(given ->> 'result', 'base64')
    FROM jobs AS j
    WHERE j.namespace = given ->> 'namespace' AND j.id = given ->> 'job_id' AND j.fence = mine AND j.state = 'running'
    ON CONFLICT (namespace, job_id, name) DO NOTHING;
    IF FOUND THEN
        RETURN 'recorded';
    END IF;
    SELECT s.fence INTO known
    FROM steps AS s
    WHERE s.namespace = given ->> 'namespace' AND s.job_id = given ->> 'job_id' AND s.name = given ->> 'name';
    RETURN CASE WHEN known <= mine THEN 'taken' ELSE 'lost' END;
END $$;

-- As before, and what the jobs remember goes with them.
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
            ' l AS (DELETE FROM job_logs WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' s AS (DELETE FROM steps WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone))),'
            ' p AS (DELETE FROM positions WHERE namespace = $1 AND job_id = ANY (ARRAY(SELECT id FROM gone)))'
            ' SELECT count(*) FROM gone', name)
        INTO gone USING ns, most;
        RETURN gone;
    END IF;
    EXECUTE format('SELECT count(*) FROM %I', name) INTO gone;
    FOREACH part IN ARRAY ARRAY['attempts', 'job_logs', 'steps', 'positions'] LOOP
        EXECUTE format('DELETE FROM %I AS o USING %I AS h WHERE o.namespace = h.namespace AND o.job_id = h.id', part, name);
    END LOOP;
    EXECUTE format('DROP TABLE %I', name);
    RETURN gone;
END $$;
