"""A service in the place of a worker's store: the part of the store's contract that runs need, over HTTP."""
