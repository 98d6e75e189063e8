-- Empties the table of the connection for the next apply.
DELETE FROM moving
