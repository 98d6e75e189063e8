-- Writes the changes of jobs that go on, where they still have the fence, the state and the request. The rows are
-- read on their own (LIMIT), the namespace with them: joined freely, SQLite walks all jobs once for each row.
UPDATE jobs
SET state = :state, reason = :reason, session = NULL, request = NULL, run_at = m.run_at,
    queued_at = m.queued_at, order_key = m.order_key, attempts_used = :attempts_used, crashes = :crashes,
    result = m.result, error = m.error, paused_from = :paused_from
FROM (
    SELECT
        :namespace AS namespace,
        json_extract(value, '$[0]') AS id,
        json_extract(value, '$[1]') AS run_at,
        json_extract(value, '$[2]') AS queued_at,
        json_extract(value, '$[3]') AS order_key,
        CASE WHEN :results IS NOT NULL THEN substr(
            :results,
            CAST(substr(:result_places, key * 24 + 1, 12) AS INTEGER),
            CAST(substr(:result_places, key * 24 + 13, 12) AS INTEGER)
        ) END AS result,
        CASE WHEN :errors IS NOT NULL THEN substr(
            :errors,
            CAST(substr(:error_places, key * 24 + 1, 12) AS INTEGER),
            CAST(substr(:error_places, key * 24 + 13, 12) AS INTEGER)
        ) END AS error
    FROM json_each(:rows)
    LIMIT -1
) AS m
WHERE jobs.namespace = m.namespace AND jobs.id = m.id
    AND jobs.fence = :fence AND jobs.state = :from_state AND jobs.request IS :request
