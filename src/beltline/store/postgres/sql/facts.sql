-- What the server says of itself, as names and texts: settings by their own names, how many are connected, the dead rows
-- of jobs, and which process has kept a transaction open for longest, for how many seconds.
SELECT CASE s.name WHEN 'server_version' THEN 'version' ELSE s.name END, s.setting
FROM pg_settings AS s
WHERE s.name IN (
    'server_version', 'max_connections', 'superuser_reserved_connections', 'fsync', 'synchronous_commit', 'full_page_writes',
    'default_transaction_read_only'
)
UNION ALL
SELECT 'connections', count(*)::text FROM pg_stat_activity AS a WHERE a.backend_type = 'client backend'
UNION ALL
SELECT 'bytes', pg_database_size(current_database())::text
UNION ALL
SELECT 'dead_rows', pg_stat_get_dead_tuples('jobs'::regclass)::text
UNION ALL
(
    SELECT
        'oldest_transaction',
        concat(a.pid, ' ', extract(EPOCH FROM clock_timestamp() - a.xact_start)::bigint, ' ', a.application_name)
    FROM pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.backend_xmin IS NOT NULL AND a.xact_start IS NOT NULL
        AND a.pid <> pg_backend_pid()
    ORDER BY a.xact_start
    LIMIT 1
)
