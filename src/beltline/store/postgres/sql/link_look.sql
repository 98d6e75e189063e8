-- Looks at what a submit in the caller's own transaction ties jobs to: see insert_with.sql.
SELECT {schema}.link_look({argument})
