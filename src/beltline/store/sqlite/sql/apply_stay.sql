-- Writes the changes of jobs that go on.
UPDATE jobs
SET state = m.state, reason = m.reason, session = NULL, request = NULL, run_at = m.run_at,
    queued_at = m.queued_at, order_key = m.order_key, attempts_used = m.attempts_used, crashes = m.crashes,
    result = m.result, error = m.error, paused_from = m.paused_from
FROM moving AS m
WHERE jobs.namespace = :namespace AND jobs.id = m.id
    AND m.state NOT IN ('succeeded', 'cancelled', 'failed', 'timed_out')
