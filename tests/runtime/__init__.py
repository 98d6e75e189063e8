"""The parts of a worker, each ticked by hand, and whole workers on a store in memory."""
