-- Each look asks for what ended in its namespace: without an index it read all that is noted in others, and all that was
-- taken and not vacuumed yet (28 ms where 9,000 rows of other namespaces lay).
CREATE INDEX settled_namespace ON settled (namespace);
CREATE INDEX batch_deltas_namespace ON batch_deltas (namespace);
