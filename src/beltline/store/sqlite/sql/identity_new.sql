-- Draws another identity, for a copy of a database.
UPDATE identity SET id = lower(hex(randomblob(8)))
