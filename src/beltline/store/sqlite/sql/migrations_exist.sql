-- Whether there is a schema.
SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migrations'
