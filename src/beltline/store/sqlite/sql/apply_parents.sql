-- Which of these jobs have children: that their body returned is not their end.
SELECT json_group_array(b.job_id)
FROM json_each(:ids) AS e
CROSS JOIN batches AS b ON b.namespace = :namespace AND b.job_id = e.value
