-- Takes away the counts that batch_fold added in the same transaction.
DELETE FROM batch_deltas WHERE namespace = :namespace AND id <= :until
