-- What a worker has code for: the doctor names definitions that no live worker can run.
ALTER TABLE sessions ADD COLUMN definitions text[];
