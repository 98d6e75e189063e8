-- Notes that prerequisites exist from now on. $1 namespace, $2 their ids.
UPDATE edges AS e SET unknown_at = NULL
WHERE e.namespace = $1 AND e.prerequisite = ANY ($2::text[]) AND e.unknown_at IS NOT NULL
