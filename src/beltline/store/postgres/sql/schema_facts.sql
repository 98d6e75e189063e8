-- What is there: the server's encoding, whether the schema $1 exists, and whether it holds our tables.
SELECT
    current_setting('server_encoding'),
    to_regnamespace(quote_ident($1)) IS NOT NULL,
    to_regclass(quote_ident($1) || '.migrations') IS NOT NULL
