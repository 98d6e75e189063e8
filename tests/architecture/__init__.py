"""The fences that linters do not have: rules over sources, each shown to be able to fail."""
