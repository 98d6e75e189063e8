"""Beltline beside its peers: the same jobs through each, in turn, on one machine: `make bench-peers`."""
