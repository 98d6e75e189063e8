-- Writes live jobs anew, as they are: a settlement that has read the edges already finds another row in their place, and
-- reads again. So none of them ends without those that wait for it. The caller has their locks. $1 namespace, $2 ids.
UPDATE jobs AS j SET reason = j.reason WHERE j.namespace = $1 AND j.id = ANY ($2::text[])
