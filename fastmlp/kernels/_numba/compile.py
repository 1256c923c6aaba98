"""The one decorator of every kernel: what the compiler may do to the arithmetic, and where compiled code is kept.

Every function that a kernel calls goes through it too, since a callee keeps its own flags.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import types
from numba.extending import overload

from fastmlp.kernels._numba import folder, inline
from fastmlp.kernels._numba.cache import KernelCache
from fastmlp.kernels._numba.flags import FLAGS, IN_ORDER
from fastmlp.kernels._numba.origin import STAMP

F = TypeVar("F", bound=Callable[..., Any])

_above = folder.default_folder()
_folder = _above / STAMP if _above else None


def cache_folder() -> Path | None:
    """Return the folder in which compiled kernels are kept for later runs, or None if no home folder is known."""
    return _folder


def why_not_kept() -> str | None:
    """Return why compiled kernels can't be kept for later runs, in a few words, or None if they can."""
    return folder.why_not_kept(_folder)


def kernel(function: F) -> F:
    """Compile `function` with Numba at its first call with each set of argument types, or load it from the cache."""
    return _compiled(function, FLAGS)


def kernel_in_order(function: F) -> F:
    """Compile as `kernel` does, but keep the order of sums."""
    return _compiled(function, IN_ORDER)


def by_samples(dense: F, packed: F) -> F:
    """Return a kernel that is `packed` for packed samples and `dense` for an array, by the type of its first argument.

    The choice is made when the caller is compiled, so only the chosen one is. Compiled code alone can call it.
    """
    choice = numba.njit(getattr(dense, "py_func", dense))
    inline.delegate(choice, lambda kinds: packed if isinstance(kinds[0], types.BaseNamedTuple) else dense)
    return choice  # type: ignore[no-any-return]


def by_precision(of_float32: Callable[[Any], Any], of_float64: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of one number that is one kernel for float32 and another for float64.

    In kernels the choice is made when they are compiled: a branch on the type would compile both.
    """

    def function(x):
        return of_float32(x) if isinstance(x, np.float32) else of_float64(x)

    @overload(function, jit_options=inline.options(FLAGS))  # type: ignore[arg-type]
    def choose(x):
        if x == types.float32:
            return lambda x: of_float32(x)
        return lambda x: of_float64(x)

    return function


def _compiled(function: F, flags: dict[str, Any]) -> F:
    dispatcher = numba.njit(**flags)(function)
    KernelCache.attach(dispatcher, _folder)
    inline.attach(dispatcher, function, flags)
    return dispatcher  # type: ignore[no-any-return]
