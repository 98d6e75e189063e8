-- Collects the changes to a state that is not final, guarded also by the request noted on the job.
INSERT INTO moving (
    id, state, reason, at, attempts_used, crashes, result, error, run_at, queued_at, order_key, paused_from,
    definition, queue, run_us, wait_us, counted
)
SELECT
    j.id, :state, :reason, json_extract(e.value, '$[1]'), :attempts_used, :crashes,
    CASE WHEN :results IS NOT NULL THEN substr(
        :results,
        CAST(substr(:ends, e.key * 44 + 21, 12) AS INTEGER),
        CAST(substr(:ends, e.key * 44 + 33, 12) AS INTEGER)
    ) END,
    CASE WHEN :errors IS NOT NULL THEN substr(
        :errors,
        CAST(substr(:error_places, e.key * 24 + 1, 12) AS INTEGER),
        CAST(substr(:error_places, e.key * 24 + 13, 12) AS INTEGER)
    ) END,
    json_extract(e.value, '$[2]'), json_extract(e.value, '$[3]'),
    json_extract(e.value, '$[4]'), json_extract(e.value, '$[5]'),
    j.definition, j.queue,
    CASE WHEN j.state = 'running' THEN max(0, json_extract(e.value, '$[1]') - j.started_at) ELSE 0 END,
    CASE WHEN j.state = 'running' THEN max(0, j.started_at - j.queued_at) ELSE 0 END,
    j.state = 'running'
FROM json_each(:rows) AS e
CROSS JOIN jobs AS j
    ON j.namespace = :namespace AND j.id = json_extract(e.value, '$[0]') AND j.fence = :fence
WHERE j.state = :from_state AND j.request IS json_extract(e.value, '$[6]')
