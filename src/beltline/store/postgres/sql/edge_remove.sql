-- Removes edges whose prerequisites have ended: one that is met goes with its alternatives. The caller has the locks of the
-- dependents. $1 namespace; arrays of one length: $2 dependent, $3 part, $4 prerequisite, $5 whether it is met.
-- Returns those that were still there: what another transaction removed, it has also seen to.
DELETE FROM edges AS e
USING unnest($2::text[], $3::integer[], $4::text[], $5::boolean[]) AS i (dependent, part, prerequisite, is_met)
WHERE e.namespace = $1 AND e.dependent = i.dependent AND e.part = i.part AND (i.is_met OR e.prerequisite = i.prerequisite)
RETURNING e.dependent, e.part, e.prerequisite
