"""A real broker as a source of messages, without a library: a stream of Redis."""
