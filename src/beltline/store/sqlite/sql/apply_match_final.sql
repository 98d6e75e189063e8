-- Collects the changes to a final state whose job still has the fence and the state, all of one state and reason.
INSERT INTO moving (
    id, state, reason, at, attempts_used, crashes, result, error, definition, queue, run_us, wait_us, counted
)
SELECT
    j.id, :state, :reason, json_extract(e.value, '$[2]'), json_extract(e.value, '$[3]'), json_extract(e.value, '$[4]'),
    substr(:bytes, json_extract(e.value, '$[5]'), json_extract(e.value, '$[6]')),
    substr(:bytes, json_extract(e.value, '$[7]'), json_extract(e.value, '$[8]')),
    j.definition, j.queue,
    CASE WHEN j.state = 'running' THEN max(0, json_extract(e.value, '$[2]') - j.started_at) ELSE 0 END,
    CASE WHEN j.state = 'running' THEN max(0, j.started_at - j.queued_at) ELSE 0 END,
    1
FROM json_each(:rows) AS e
CROSS JOIN jobs AS j
    ON j.namespace = :namespace AND j.id = json_extract(e.value, '$[0]') AND j.fence = json_extract(e.value, '$[1]')
WHERE j.state = :from_state
