-- The ids of the changes whose job no longer has the fence, the state or, where it goes on, the request.
SELECT json_group_array(e.value)
FROM json_each(:ids) AS e
WHERE NOT EXISTS (
    SELECT 1 FROM jobs
    WHERE namespace = :namespace AND id = e.value AND fence = :fence AND state = :from_state
        AND (:is_final OR request IS :request)
)
