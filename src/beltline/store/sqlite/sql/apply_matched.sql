-- The ids of the changes that matched, as one row.
SELECT json_group_array(id) FROM moving
