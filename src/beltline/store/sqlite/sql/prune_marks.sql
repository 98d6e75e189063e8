-- Removes the marks of runs that go, and of others those that are as old.
DELETE FROM replay_marks
WHERE namespace = :namespace AND (replayed_at < :before OR run_id IN (SELECT value FROM json_each(:ids)))
