-- Removes the prerequisites that were found, whose dependents were told.
DELETE FROM settled WHERE namespace = :namespace AND id <= :until
