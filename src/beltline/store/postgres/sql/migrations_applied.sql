-- The migrations that were applied.
SELECT m.number, m.breaking FROM migrations AS m ORDER BY m.number
