-- What is there: the server's encoding, whether the schema $1 exists, and whether it holds our tables.
-- Read from the catalogs' rows: to_regclass answers from a cache that, after waiting for the lock of the migrations, may
-- still be that of before; racing openers then made the tables twice.
SELECT
    current_setting('server_encoding'),
    EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = $1),
    EXISTS (
        SELECT
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = 'migrations'
    )
