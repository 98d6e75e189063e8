-- The oldest prerequisites that have ended, as one row: [id, state, number].
SELECT json_group_array(json_array(job_id, state, id)) FROM (
    SELECT id, job_id, state FROM settled WHERE namespace = :namespace ORDER BY id LIMIT :limit
)
