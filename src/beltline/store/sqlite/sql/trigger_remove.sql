-- Removes a trigger that is at its revision.
DELETE FROM triggers WHERE namespace = :namespace AND name = :name AND revision = :revision
