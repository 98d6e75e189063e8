-- Whether anybody hears of the jobs here at all: edges, children, parents, subscribers, triggers. Where not, a settlement is done.
SELECT
    EXISTS (SELECT 1 FROM edges WHERE namespace = :namespace),
    EXISTS (SELECT 1 FROM batches WHERE namespace = :namespace),
    EXISTS (SELECT 1 FROM subscriptions WHERE namespace = :namespace),
    EXISTS (SELECT 1 FROM trigger_watches WHERE namespace = :namespace)
