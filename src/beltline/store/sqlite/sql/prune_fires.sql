-- Removes what became of ticks long ago.
DELETE FROM fires
WHERE (namespace, schedule, tick, dropped) IN (
    SELECT namespace, schedule, tick, dropped FROM fires
    WHERE namespace = :namespace AND at < :before AND outcome <> 'buffered'
    ORDER BY at
    LIMIT :limit
)
