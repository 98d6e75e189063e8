"""Real servers, started and stopped by us, for the tests, the demo and the benchmarks."""
