-- What the database says of itself, as names and texts.
SELECT 'version', sqlite_version()
UNION ALL
SELECT 'journal_mode', journal_mode FROM pragma_journal_mode
UNION ALL
SELECT 'bytes', CAST(page_count * page_size AS TEXT) FROM pragma_page_count, pragma_page_size
