-- Returns which of the days that begin at $1 have no partition yet.
SELECT u.day FROM unnest($1::bigint[]) AS u (day) WHERE u.day NOT IN (SELECT d.day FROM history_days AS d) ORDER BY u.day
