"""The decorator of the kernels and what it changes in Numba: cache, inlining, Ctrl-C. Half private parts of Numba."""

from fastmlp.kernels._numba.settings import check_settings

check_settings()
