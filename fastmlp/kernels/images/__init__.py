"""Kernels that make images: random changes of given ones, and digits drawn from strokes."""
