-- Changes a job that does not run, where it is still as it was read; null leaves a field as it is. Returns its id.
-- $1 namespace, $2 id, $3 fence, $4 state, $5 priority, $6 order_key, $7 run_at, $8 labels, $9 payload.
UPDATE jobs
SET priority = coalesce($5, priority),
    order_key = coalesce($6, order_key),
    run_at = coalesce($7, run_at),
    labels = coalesce($8, labels),
    payload = coalesce($9, payload)
WHERE namespace = $1 AND id = $2 AND fence = $3 AND state = $4
RETURNING id
