"""Continuous integration: a package is built and tested in processes that have limits of time and memory."""
