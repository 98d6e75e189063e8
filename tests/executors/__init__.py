"""How bodies run, each kind by itself."""
