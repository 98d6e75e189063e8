"""The whole system: real processes, real stores, real signals, and what happens when they break."""
