-- The statement that makes the schema $1: a name cannot be a parameter of it.
SELECT format('CREATE SCHEMA IF NOT EXISTS %I', $1::text)
