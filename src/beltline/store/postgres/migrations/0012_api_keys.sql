-- The keys of the REST service's callers. A token is looked up by its hash in whatever namespace.

CREATE TABLE api_keys (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    role text COLLATE "C" NOT NULL,
    definitions text,
    prefix text NOT NULL,
    hash bytea NOT NULL,
    created_at bigint NOT NULL,
    created_by text NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    used_at bigint,
    PRIMARY KEY (namespace, id)
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
