-- Names the partitions of days that ended by $1, oldest first.
SELECT d.name FROM history_days AS d WHERE d.day + 86400000000 <= $1 ORDER BY d.day
