"""Checks of the arguments of kernels that Python calls: each raises ValueError with one sentence."""
