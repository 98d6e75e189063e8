-- Removes a schedule that is at its revision, and returns its name. $1 namespace, $2 name, $3 revision.
DELETE FROM schedules AS s WHERE s.namespace = $1 AND s.name = $2 AND s.revision = $3 RETURNING s.name
