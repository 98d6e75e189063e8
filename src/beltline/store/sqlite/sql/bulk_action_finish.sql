-- Says that an action is done.
UPDATE bulk_actions SET state = 'done', changed = :changed
WHERE namespace = :namespace AND id = :id AND state = 'pending'
