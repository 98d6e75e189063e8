-- The root of the tree in which a live job has children.
SELECT coalesce(root, id) FROM jobs WHERE namespace = :namespace AND id = :parent
