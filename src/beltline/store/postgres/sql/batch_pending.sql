-- Says whether there are counts to fold, and batches to look at. $1 namespace.
SELECT
    EXISTS (SELECT FROM batch_deltas AS d WHERE d.namespace = $1),
    EXISTS (SELECT FROM batches AS b WHERE b.namespace = $1 AND b.turn <> b.seen)
