"""Parts of all checks: arrays of a dtype and a shape, whole numbers, codes, layouts."""

import functools
import operator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.kernels.bounds import first_outside
from fastmlp.kernels.layout import N_IN, N_OUT, make_layout, scratch_size

FLOAT32, FLOAT64, UINT8, INT64 = (np.dtype(name) for name in ("float32", "float64", "uint8", "int64"))
MOST_ROWS = 1 << 31
"""Samples in a batch, so that no size computed from it leaves 64 bits."""

READ, WRITTEN = False, True


def require(*arrays: tuple[str, Any, Any, tuple[int, ...], bool]) -> None:
    """Check arrays: name, array, dtype, shape, and whether the kernel writes to it.

    A call of a small kernel takes a few microseconds, so whatever is as it should be is passed by the first comparison.
    """
    for name, array, dtype, shape, written in arrays:
        if not (array.dtype is dtype and array.shape == shape and array.flags.carray):
            _explain(name, array, dtype, shape, written)


def _explain(name: str, array: NDArray[Any], dtype: Any, shape: tuple[int, ...], written: bool) -> None:
    """Raise ValueError with the reason why an array does not fit, if it does not."""
    if array.dtype != dtype or not array.dtype.isnative:
        raise ValueError(f"{name} has dtype {array.dtype if array.dtype.isnative else array.dtype.str}: pass {dtype}.")
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}: pass {shape}.")
    if not (array.flags.c_contiguous and array.flags.aligned):
        raise ValueError(f"{name} is not C-contiguous and aligned: pass np.require({name}, requirements='CA').")
    if written and not array.flags.writeable:
        raise ValueError(f"{name} is overwritten, but read-only: pass a copy.")


def floats(name: str, array: Any) -> Any:
    """Return the dtype of an array of parameters, which decides that of others: float32 or float64."""
    dtype = array.dtype
    if dtype is not FLOAT32 and dtype not in (FLOAT32, FLOAT64):
        raise ValueError(f"{name} has dtype {dtype}: pass float32 or float64.")
    return dtype


def matrix(name: str, array: Any) -> tuple[int, int]:
    """Return the shape of a matrix."""
    if array.ndim != 2:
        raise ValueError(f"{name} has {array.ndim} dimensions: pass 2.")
    rows, columns = array.shape
    return rows, columns


def sample_dtype(name: str, array: Any) -> Any:
    """Return the dtype of an array of samples: bytes or floats."""
    dtype = array.dtype
    if dtype is not UINT8 and dtype is not FLOAT32 and dtype not in (UINT8, FLOAT32, FLOAT64):
        raise ValueError(f"{name} has dtype {dtype}: pass uint8, float32 or float64.")
    return dtype


def whole(name: str, value: Any, least: int, most: int) -> int:
    """Return a whole number after checking its range."""
    number = operator.index(value)
    if not least <= number <= most:
        raise ValueError(f"{name} is {value}: pass a number from {least} to {most}.")
    return number


def code(name: str, value: Any, known: dict[str, int]) -> None:
    """Check the code of an activation, a loss or an optimizer."""
    if not 0 <= operator.index(value) <= max(known.values()):
        raise ValueError(f"{name} is {value}: pass one of {sorted(set(known.values()))}.")


def at_least(name: str, array: Any, size: int) -> tuple[int]:
    """Return the shape of a vector that may be longer than `size`, but not shorter."""
    if len(array) < size:
        raise ValueError(f"{name} has {len(array)} numbers: pass at least {size}.")
    return (len(array),)


def table(array: Any, rows: int, columns: int) -> tuple[int, int]:
    """Return the shape of a matrix that may be larger than `rows` and `columns`, but not smaller."""
    if array.ndim != 2:
        return rows, columns
    return max(rows, array.shape[0]), max(columns, array.shape[1])


def numbers_below(name: str, numbers: Any, limit: int) -> None:
    """Check a vector of the numbers of samples."""
    require((name, numbers, INT64, (len(numbers),), READ))
    i = first_outside(numbers, limit)
    if i >= 0:
        raise ValueError(f"{name}[{i}] is {numbers[i]}: pass numbers from 0 to {limit - 1}.")


class Facts(NamedTuple):
    """The sizes that follow from a layout."""

    n_layers: int
    n_in: int
    n_out: int
    n_params: int
    least_scratch: int


_KNOWN: dict[bytes, Facts] = {}
MOST_KNOWN = 256
"""Layouts whose sizes are kept."""
known_facts = _KNOWN.get
"""Return the sizes that follow from the bytes of a layout, or None if it has not been checked yet."""


def facts_of(layout: Any) -> Facts:
    """Return the sizes that follow from a layout, after checking it."""
    content = layout.tobytes()
    if layout.dtype != INT64 or layout.shape != (layout.nbytes // 40, 5):
        raise ValueError(f"layout is {layout.shape} {layout.dtype}: pass what make_layout returns.")
    facts = _KNOWN.get(content)
    if facts is None:
        facts = _facts(layout)
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[content] = facts
    return facts


def _facts(layout: Any) -> Facts:
    sizes = (*layout[:1, N_IN].tolist(), *layout[:, N_OUT].tolist())
    try:
        made = make_layout(sizes)
        fits = np.array_equal(made, layout)
    except (ValueError, OverflowError):
        fits = False
    if not fits:
        raise ValueError("layout contradicts itself: pass what make_layout returns.")
    n_params = sum((n + 1) * m for n, m in pairwise(sizes))
    return Facts(len(made), sizes[0], sizes[-1], n_params, int(scratch_size(made, 1)))


def scratch_for(layout: Any, rows: int) -> int:
    """Return how much scratch a batch needs, of a layout that is checked."""
    return _scratch_for(layout.tobytes(), rows)


@functools.lru_cache(maxsize=256)
def _scratch_for(content: bytes, rows: int) -> int:
    return int(scratch_size(np.frombuffer(content, np.int64).reshape(-1, 5).copy(), rows))
