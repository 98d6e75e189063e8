-- Returns the root of the tree in which a live job has children. $1 namespace, $2 id.
SELECT coalesce(j.root, j.id) FROM jobs AS j WHERE j.namespace = $1 AND j.id = $2 FOR UPDATE
