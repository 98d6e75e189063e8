-- Removes runs that ended, when that is old; prune_marks.sql removed their marks. A policy's run is kept.
DELETE FROM replay_runs
WHERE namespace = :namespace AND policy = '' AND id IN (SELECT value FROM json_each(:ids))
