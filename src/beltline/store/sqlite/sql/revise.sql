-- Changes a job that does not run, where it is still as it was read; NULL leaves a field as it is.
UPDATE jobs
SET priority = coalesce(:priority, priority),
    order_key = coalesce(:order_key, order_key),
    run_at = coalesce(:run_at, run_at),
    labels = coalesce(:labels, labels),
    payload = coalesce(:payload, payload)
WHERE namespace = :namespace AND id = :id AND fence = :fence AND state = :state
