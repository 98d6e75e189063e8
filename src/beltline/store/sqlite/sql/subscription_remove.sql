-- Removes a subscription that is at its revision.
DELETE FROM subscriptions WHERE namespace = :namespace AND id = :id AND revision = :revision
