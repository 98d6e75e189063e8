-- What tells this store from every other one.
SELECT id FROM identity
