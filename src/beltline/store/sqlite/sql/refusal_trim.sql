-- Of refused events the newest hundred are kept.
DELETE FROM trigger_refusals
WHERE namespace = :namespace AND name = :name AND id <= (
    SELECT id FROM trigger_refusals WHERE namespace = :namespace AND name = :name
    ORDER BY id DESC
    LIMIT 1 OFFSET 100
)
