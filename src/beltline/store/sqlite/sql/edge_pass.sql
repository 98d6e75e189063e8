-- Removes the edges to jobs that ended, of their dependents up to the :last of those that were named: all are met, none has alternatives.
DELETE FROM edges
WHERE namespace = :namespace AND prerequisite IN (SELECT value FROM json_each(:ids)) AND dependent <= :last
