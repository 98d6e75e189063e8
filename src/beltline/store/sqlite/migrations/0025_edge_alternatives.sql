-- Edges lie by prerequisite: what waits for one job lies side by side, is read without a look elsewhere, and goes as a range.
-- (By dependent, each edge of a fan was looked up once more for its condition, and again to be removed.) `alternatives`: whether its part
-- was stored with several edges.
CREATE TABLE edges_moved (
    namespace TEXT NOT NULL,
    dependent TEXT NOT NULL,
    part INTEGER NOT NULL,
    prerequisite TEXT NOT NULL,
    condition TEXT NOT NULL,
    otherwise TEXT NOT NULL,
    delay_us INTEGER NOT NULL,
    unknown_at INTEGER,
    alternatives INTEGER NOT NULL,
    PRIMARY KEY (namespace, prerequisite, dependent, part)
) WITHOUT ROWID;

INSERT INTO edges_moved (
    namespace, dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at, alternatives
)
SELECT
    namespace, dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at,
    count(*) OVER (PARTITION BY namespace, dependent, part) > 1
FROM edges;

DROP TABLE edges;

ALTER TABLE edges_moved RENAME TO edges;

CREATE INDEX edges_dependent ON edges (namespace, dependent, part);

CREATE INDEX edges_unknown ON edges (namespace, unknown_at) WHERE unknown_at IS NOT NULL;
