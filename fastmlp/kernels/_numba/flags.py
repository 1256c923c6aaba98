"""The flags that every kernel is compiled with: what the compiler may do to the arithmetic."""

from typing import Any

FLAGS: dict[str, Any] = {
    # Sums may be reordered (vectors), a*b+c may be one instruction, division may be by reciprocal, -0 may be 0. Never
    # "nnan" or "ninf": they would let the compiler delete `x != x`, and a training that diverges must be seen.
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "error_model": "numpy",  # x / 0 is inf, as in NumPy; a check for an exception would keep loops from vectorising
    "nogil": True,  # kernels touch no Python object: other Python threads run meanwhile
    "no_cfunc_wrapper": True,  # a third entry point, which only callbacks from C need
}
IN_ORDER = FLAGS | {"fastmath": FLAGS["fastmath"] - {"reassoc"}}
"""Flags of the few functions that are only right when sums are computed in the order written."""
