-- Records an applied migration. $1 number, $2 name, $3 checksum, $4 breaking.
INSERT INTO migrations (number, name, checksum, breaking, applied_at)
VALUES ($1, $2, $3, $4, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
