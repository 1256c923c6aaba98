"""Checks of samples, made once before the kernels see them: those get contiguous arrays of few types."""

import inspect
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp.errors import InputError
from fastmlp.inputs.packed import Packed, columns_dtype
from fastmlp.kernels.special import all_finite

Inputs = Any
"""Samples as users pass them: an array-like or a SciPy sparse matrix, whose type is unknown here."""
ROWS_AT_A_TIME = 4096
"""Rows checked for NaN at a time, so that the check of a memory-mapped data set stays small."""


def as_inputs(X: Inputs, n_in: int, dtype: np.dtype[Any], name: str = "X") -> NDArray[Any] | Packed:
    """Return `X` as the kernels take it, without a copy where it already is.

    Parameters
    ----------
    X : array-like or SciPy sparse matrix (n, n_in), or Packed: checked by whoever packed it
        uint8 stays bytes (value / 255); float32, float64, integers and booleans are taken as they are, as `dtype`.
    n_in : int
        The columns that the network expects.
    dtype : float32 or float64
        The network's.
    name : str
        What the messages call it.

    Returns
    -------
    (n, n_in) uint8 or `dtype`, C-contiguous, aligned, native byte order, flagged writeable (it is never written to);
    Packed for a sparse matrix

    Raises
    ------
    InputError
        Wrong shape, no rows, a type that is neither bytes nor real numbers, NaN or infinity.
    """
    if type(X) is np.ndarray and X.flags.carray and X.ndim == 2 and X.shape[1] == n_in and len(X):
        # As the kernels take it: 2 us sooner than by the checks below, a third of the prediction of one image.
        if X.dtype == np.uint8:
            return X
        if X.dtype == dtype:
            return _all_finite(X, name)
    if isinstance(X, Packed):
        return X
    if hasattr(X, "tocsr"):
        return _as_packed(X.tocsr(), n_in, dtype, name)
    if isinstance(X, np.ma.MaskedArray):
        raise InputError(f"{name} is a masked array, whose mask would be lost: pass {name}.filled(0) or the like.")
    array = as_array(X, name)
    check_shape(array.shape, n_in, name)
    if array.dtype == np.uint8:
        return for_kernels(array)
    return _all_finite(_as_numbers(array, dtype, name), name)


def _level_outside() -> int:
    """Return the stack level of the caller outside of this package, who is to see a warning."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("fastmlp."):
        level, frame = level + 1, frame.f_back
    return level


def check_shape(shape: tuple[int, ...], n_in: int, name: str) -> None:
    """Raise InputError if samples of this shape are not what a network with `n_in` inputs takes."""
    if len(shape) != 2 or shape[1] != n_in:
        raise InputError(
            f"{name} has shape {shape}, but the network takes (samples, {n_in}): "
            + ("pass the matching columns." if len(shape) == 2 else f"reshape it with {name}.reshape(-1, {n_in}).")
        )
    if shape[0] == 0:
        raise InputError(f"{name} is empty: pass at least one sample.")


def _as_numbers(array: NDArray[Any], dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    """Return numbers that are not bytes as `dtype`, for the kernels; what is too large becomes infinite."""
    if array.dtype.kind not in "fiub" or (array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8)):
        raise InputError(
            f"{name} has dtype {array.dtype}, which is not supported: pass {name}.astype(np.float32), "
            "or np.uint8 for pixels from 0 to 255."
        )
    if array.dtype.kind in "iu" and array.size and array.max() > 1:
        warnings.warn(
            f"{name} has dtype {array.dtype} and is taken as it is, up to {array.max()}: "
            "pass it as np.uint8 if these are pixels, to be divided by 255.",
            stacklevel=_level_outside(),
        )
    with np.errstate(over="ignore"):
        return for_kernels(array.astype(dtype, order="C", copy=False))


def _as_packed(X: Any, n_in: int, dtype: np.dtype[Any], name: str) -> Packed:
    """Do what as_inputs does, for a matrix in SciPy's CSR format; it is never made dense, and not changed."""
    check_shape(tuple(X.shape), n_in, name)
    starts, columns = np.asarray(X.indptr), np.asarray(X.indices)
    stored = min(len(columns), len(X.data))
    if len(starts) != X.shape[0] + 1 or starts[0] != 0 or np.any(starts[1:] < starts[:-1]) or starts[-1] > stored:
        raise InputError(f"{name}.indptr does not rise from 0 to the {stored} stored values: build the matrix anew.")
    columns = columns[: starts[-1]]
    outside = np.flatnonzero((columns < 0) | (columns >= n_in))
    if len(outside):
        raise InputError(f"{name}.indices[{outside[0]}] is {columns[outside[0]]}, outside of the {n_in} columns.")
    follows = np.ones(len(columns), bool)
    follows[1:] = columns[1:] > columns[:-1]
    follows[starts[:-1][starts[:-1] < len(columns)]] = True  # the first of a row follows none
    if not follows.all():
        X = X.copy()
        X.sum_duplicates()  # which sorts them, too
        starts, columns = X.indptr, X.indices[: X.indptr[-1]]
    values = X.data[: starts[-1]]
    values = for_kernels(values) if values.dtype == np.uint8 else _as_numbers(values, dtype, name)
    if values.dtype != np.uint8 and not all_finite(values):
        p = int(np.flatnonzero(~np.isfinite(values))[0])
        row = int(np.searchsorted(starts, p, side="right")) - 1
        raise InputError(
            f"{name}[{row}, {columns[p]}] is {values[p]} as {dtype}: remove or replace such values before training."
        )
    return Packed(starts.astype(np.int64), columns.astype(columns_dtype(n_in)), values)


def _all_finite(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return `array`, or raise InputError that says where it is NaN or infinite."""
    for start in range(0, len(array), ROWS_AT_A_TIME):
        rows = array[start : start + ROWS_AT_A_TIME]
        if not all_finite(rows.reshape(-1)):
            row, column = (int(i) for i in np.argwhere(~np.isfinite(rows))[0])
            raise InputError(
                f"{name}[{start + row}, {column}] is {rows[row, column]} as {array.dtype}: "
                "remove or replace such values before training."
            )
    return array


def as_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return `values` as an array of any dtype, or raise InputError."""
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise InputError(f"{name} can't be made an array ({error}): pass rows of equal length.") from None


def for_kernels(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array` as C-contiguous, aligned, native and flagged writeable, copied only where it must be.

    Numba compiles a second form of a kernel for an array that is flagged read-only. The kernels never write to their
    inputs, so a view without the flag serves: a copy would not do for a memory-mapped data set larger than memory.
    """
    array = np.require(array, array.dtype.newbyteorder("="), ["C", "A"])
    if array.flags.writeable:
        return array
    return np.asarray(_Writeable(array))


class _Writeable:
    """The memory of a read-only array without its flag, kept alive as long as the view of it."""

    def __init__(self, array: NDArray[Any]) -> None:
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface
        self._owner = array
