"""A mark in compiled code that says which kernels are inlined into it, so that Numba's own cache never serves old ones.

Numba keeps a function of `@njit(cache=True)` until the function's own file changes, with the machine code of all that
it calls. A user's function would keep the kernels of an earlier fastmlp, and run them on scratch of the new one's size:
it would write beside arrays. So each kernel leaves a mark in the code that inlines it. Numba stores the mark with the
machine code, and reading it back fails if the kernels have changed since. Numba takes that for a missing file, and
compiles the function anew.
"""

from collections.abc import Callable

from fastmlp.kernels._numba.cache import stamp
from fastmlp.kernels._numba.flags import FLAGS

STAMP = stamp(FLAGS)
"""Hash of all that the kernels of this process are made from."""


class Origin:
    """The mark; Numba pickles it with whatever it keeps of a function that inlines kernels."""

    def __call__(self) -> None:
        """Part of Numba's interface: it calls what it has stored with a function once that is loaded."""

    def __reduce__(self) -> tuple[Callable[[str], "Origin"], tuple[str]]:
        return find_origin, (STAMP,)


ORIGIN = Origin()


def find_origin(stored: str) -> Origin:
    """Return the mark that was stored; raise OSError, a miss for Numba's cache, if it is one of other kernels."""
    if stored != STAMP:
        raise OSError("This function was compiled with other kernels of fastmlp: clear the cache of Numba.")
    return ORIGIN
