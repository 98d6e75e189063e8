-- Says that an action is done. $1 namespace, $2 id, $3 changed.
UPDATE bulk_actions SET state = 'done', changed = $3 WHERE namespace = $1 AND id = $2 AND state = 'pending'
