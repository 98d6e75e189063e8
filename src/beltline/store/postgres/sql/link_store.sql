-- Stores what ties the jobs of a submit in the caller's own transaction to others: see insert_with.sql.
SELECT {schema}.link_store({argument})
