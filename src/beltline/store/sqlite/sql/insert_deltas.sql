-- Appends what was submitted, one row for each definition and queue.
INSERT INTO deltas (namespace, minute, definition, queue, event, jobs, run_us, wait_us)
SELECT
    :namespace, :minute, json_extract(value, '$[0]'), json_extract(value, '$[1]'), 'submitted',
    json_extract(value, '$[2]'), 0, 0
FROM json_each(:rows)
