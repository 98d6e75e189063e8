-- What the server says of itself, as names and texts: settings by their own names, and how many are connected.
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
