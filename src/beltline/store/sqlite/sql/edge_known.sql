-- Notes that prerequisites exist from now on.
UPDATE edges SET unknown_at = NULL
WHERE namespace = :namespace AND prerequisite IN (SELECT value FROM json_each(:ids)) AND unknown_at IS NOT NULL
