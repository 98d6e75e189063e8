-- The first answers to requests that carry an idempotency key, for those who repeat them.

CREATE TABLE answers (
    namespace text COLLATE "C" NOT NULL,
    caller text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    request_hash bytea NOT NULL,
    status integer,
    body bytea,
    begun_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (namespace, caller, idempotency_key)
);
CREATE INDEX answers_expiry ON answers (namespace, expires_at);
