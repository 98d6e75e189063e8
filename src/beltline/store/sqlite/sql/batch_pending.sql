-- Whether there are counts to fold, and batches to look at.
SELECT
    EXISTS (SELECT 1 FROM batch_deltas WHERE namespace = :namespace),
    EXISTS (SELECT 1 FROM batches INDEXED BY batches_due WHERE namespace = :namespace AND turn <> seen)
