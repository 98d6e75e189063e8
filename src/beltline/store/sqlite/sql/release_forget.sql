-- Removes notes of prerequisites whose dependents were told.
DELETE FROM settled WHERE id IN (SELECT value FROM json_each(:numbers))
