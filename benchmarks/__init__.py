"""Benchmarks: what is compared, the contestants, and the measurements."""
