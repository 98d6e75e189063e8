"""The use cases of the engine, each on every store, with a clock that stands still."""
