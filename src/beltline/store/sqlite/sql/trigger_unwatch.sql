-- From now on settlements note nothing for this trigger.
DELETE FROM trigger_watches WHERE namespace = :namespace AND name = :name
