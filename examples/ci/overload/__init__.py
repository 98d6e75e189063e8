"""Files of tests that need more than they may have."""
