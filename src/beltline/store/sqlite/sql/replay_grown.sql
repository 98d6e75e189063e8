-- Takes back, for their parents, that these children failed.
INSERT INTO batch_deltas (namespace, parent, succeeded, failed, cancelled, flawed, run_us)
SELECT namespace, parent, 0, -count(*), 0, 0, 0
FROM dead
WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids)) AND parent IS NOT NULL
GROUP BY parent
