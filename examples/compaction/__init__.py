"""Log compaction: compress, compare, and only then remove; killed anywhere, no line is lost."""
