-- The namespaces that have keys, by name.
SELECT DISTINCT k.namespace FROM api_keys AS k ORDER BY k.namespace
