-- Removes a day's jobs. $1 partition, $2 namespace, $3 limit.
SELECT history_drop_day($1, $2, $3)
