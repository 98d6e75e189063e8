-- Actions on many jobs that may be undone until they are due.

CREATE TABLE bulk_actions (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    verb text COLLATE "C" NOT NULL,
    filter text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'undone', 'done')),
    changed bigint,
    taken_at bigint,
    PRIMARY KEY (namespace, id)
);
CREATE INDEX bulk_actions_due ON bulk_actions (namespace, due_at) WHERE state = 'pending';
