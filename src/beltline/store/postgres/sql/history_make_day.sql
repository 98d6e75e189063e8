-- Makes the partition of the day that begins at $1.
SELECT history_make_day($1)
