-- Collects the changes to a final state whose job still has the fence and the state; what the changes share
-- comes as scalars. Measured, 500 changes: 1.8 us a change with four values read from JSON, 3.3 us with nine.
INSERT INTO moving (
    id, state, reason, at, attempts_used, crashes, result, error, definition, queue, run_us, wait_us, counted
)
SELECT
    j.id, :state, :reason, json_extract(e.value, '$[1]'), :attempts_used, :crashes,
    CASE WHEN :results THEN substr(:bytes, json_extract(e.value, '$[2]'), json_extract(e.value, '$[3]')) END,
    CASE WHEN :errors THEN substr(:bytes, json_extract(e.value, '$[4]'), json_extract(e.value, '$[5]')) END,
    j.definition, j.queue,
    CASE WHEN j.state = 'running' THEN max(0, json_extract(e.value, '$[1]') - j.started_at) ELSE 0 END,
    CASE WHEN j.state = 'running' THEN max(0, j.started_at - j.queued_at) ELSE 0 END,
    1
FROM json_each(:rows) AS e
CROSS JOIN jobs AS j
    ON j.namespace = :namespace AND j.id = json_extract(e.value, '$[0]') AND j.fence = :fence
WHERE j.state = :from_state
