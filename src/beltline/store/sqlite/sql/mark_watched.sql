-- Whether a run has a mark without an outcome.
SELECT EXISTS (
    SELECT 1 FROM replay_marks INDEXED BY replay_marks_open
    WHERE namespace = :namespace AND run_id = :id AND outcome IS NULL
)
