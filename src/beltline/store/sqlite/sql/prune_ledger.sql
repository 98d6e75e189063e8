-- Removes old keys.
DELETE FROM ledger
WHERE (namespace, definition, once_key) IN (
    SELECT namespace, definition, once_key FROM ledger
    WHERE namespace = :namespace AND at < :before
    ORDER BY at
    LIMIT :limit
)
