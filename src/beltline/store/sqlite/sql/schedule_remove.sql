-- Removes a schedule that is at its revision.
DELETE FROM schedules WHERE namespace = :namespace AND name = :name AND revision = :revision
