-- Returns whether a run has a mark without an outcome. $1 namespace, $2 run.
SELECT EXISTS (SELECT FROM replay_marks AS m WHERE m.namespace = $1 AND m.run_id = $2 AND m.outcome IS NULL)
