-- Whether anything waits for jobs here at all: edges, children, parents, subscribers. Where not, a settlement is done.
SELECT
    EXISTS (SELECT 1 FROM edges WHERE namespace = :namespace),
    EXISTS (SELECT 1 FROM batches WHERE namespace = :namespace),
    EXISTS (SELECT 1 FROM subscriptions WHERE namespace = :namespace)
