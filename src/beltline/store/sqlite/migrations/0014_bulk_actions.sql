-- Actions on many jobs that may be undone until they are due.

CREATE TABLE bulk_actions (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    verb TEXT NOT NULL,
    filter TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'undone', 'done')),
    changed INTEGER,
    taken_at INTEGER,
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;
CREATE INDEX bulk_actions_due ON bulk_actions (namespace, due_at) WHERE state = 'pending';
