-- The namespaces that have subscriptions, or outcomes that are still to be told.
SELECT namespace FROM subscriptions
UNION
SELECT namespace FROM outcomes
ORDER BY 1
