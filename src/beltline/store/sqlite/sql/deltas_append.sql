-- Appends counts, one row for each definition, queue and event of a batch; upkeep folds them.
INSERT INTO deltas (namespace, id, minute, definition, queue, event, jobs, run_us, wait_us)
SELECT
    :namespace, coalesce((SELECT max(id) FROM deltas WHERE namespace = :namespace), 0) + 1 + key, :minute,
    json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]')
FROM json_each(:rows)
