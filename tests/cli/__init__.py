"""The command line on real stores: what it prints, where, and with which exit code."""
