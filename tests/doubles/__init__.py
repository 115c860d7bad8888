"""Doubles of the systems around the gateway, for tests and benchmarks."""
