"""The one decorator of every kernel: what Numba may do to the arithmetic, and where compiled code is kept.

Every function that a kernel calls must go through it too, since a callee keeps its own flags.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

from fastmlp.kernels import _parts
from fastmlp.kernels._cache import KernelCache, default_folder, stamp

FLAGS: dict[str, Any] = {
    # Sums may be reordered (vectors), a*b+c may be one instruction, division may be by reciprocal, -0 may be 0. Never
    # "nnan" or "ninf": they would let the compiler delete `x != x`, and a training that diverges must be seen.
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "error_model": "numpy",  # x / 0 is inf, as in NumPy; a check for an exception would keep loops from vectorising
    "nogil": True,  # kernels touch no Python object: other Python threads run meanwhile
    "no_cfunc_wrapper": True,  # a third entry that only callbacks from C need
}

F = TypeVar("F", bound=Callable[..., Any])

_folder = default_folder() / stamp(FLAGS)


def kernel(function: F) -> F:
    """Compile `function` with Numba at its first call with each set of argument types, or take it from the cache."""
    return _compiled(function, FLAGS)


def kernel_in_order(function: F) -> F:
    """As `kernel`, for the few functions that are only right when sums are computed in the order written."""
    return _compiled(function, FLAGS | {"fastmath": FLAGS["fastmath"] - {"reassoc"}})


def _compiled(function: F, flags: dict[str, Any]) -> F:
    dispatcher = numba.njit(**flags)(function)
    KernelCache.attach(dispatcher, _folder)
    _parts.attach(dispatcher, function, flags)
    return dispatcher  # type: ignore[no-any-return]
