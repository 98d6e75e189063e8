-- The namespaces that have keys, by name.
SELECT DISTINCT namespace FROM api_keys ORDER BY namespace
