"""Checks of samples, made once before the kernels see them: those get contiguous arrays of few types."""

import warnings
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp.errors import InputError, reason
from fastmlp.inputs.callers import level_outside
from fastmlp.inputs.packed import Packed, columns_dtype
from fastmlp.inputs.schema import Column, Schema
from fastmlp.inputs.table import encoded, is_frame, matched, table_of_frame
from fastmlp.kernels.special import all_finite


class SparseMatrix(Protocol):
    """A SciPy sparse matrix or array, as far as a type checker must know it."""

    def tocsr(self) -> Any:
        """Return it in SciPy's CSR format."""


Inputs = ArrayLike | SparseMatrix
"""Samples as users pass them; a data frame is an array-like, too."""
LEAST_PIXELS = 64
"""Columns from which on floats from 0 to 255 are taken for pixels that nobody scaled."""
WORTH_A_WARNING = 64
"""Samples from which on that is looked for in arrays that are as the kernels take them; below, microseconds count."""
ROWS_AT_A_TIME = 4096
"""Rows checked for NaN at a time, so that the check of a memory-mapped data set stays small."""


def as_inputs(
    X: Inputs, n_in: int, dtype: np.dtype[Any], name: str = "X", schema: Schema | None = None
) -> NDArray[Any] | Packed:
    """Return `X` as the kernels take it, without a copy where it already is.

    Parameters
    ----------
    X : array-like, data frame or SciPy sparse matrix (n, n_in), or Packed: checked by whoever packed it
        uint8 stays bytes (value / 255); float32, float64, integers and booleans are taken as they are, as `dtype`.
        With a schema, it says how they become inputs.
    n_in : int
        The columns that the network expects.
    dtype : float32 or float64
        The network's.
    name : str
        What the messages call it.
    schema : Schema or None
        How samples become inputs, if the network knows.

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
        if X.dtype == np.uint8 and (schema is None or _keeps_bytes(X, name, schema)):
            return X
        if X.dtype == dtype and schema is None and (len(X) < WORTH_A_WARNING or not _may_be_pixels(X)):
            return _all_finite(X, name)
    if isinstance(X, Packed):
        return X
    if hasattr(X, "tocsr"):
        return _as_packed(X.tocsr(), n_in, dtype, name, schema)
    if schema is not None and schema.columns is not None and is_frame(X):
        X = _encoded_frame(X, name, schema.columns)
    if isinstance(X, np.ma.MaskedArray):
        raise InputError(f"{name} is a masked array, whose mask would be lost: pass {name}.filled(0) or the like.")
    array = as_array(X, name)
    check_shape(array.shape, n_in, name)
    if schema is not None:
        _check_numbers(array, name)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found below
            schema.warn_if_far(array, name)
            array = schema.scaled(array, dtype)
    if array.dtype == np.uint8:
        return for_kernels(array)
    return _all_finite(_as_numbers(array, dtype, name, schema), name)


def _keeps_bytes(X: NDArray[Any], name: str, schema: Schema) -> bool:
    """Return whether bytes need no scaling; warn of pictures with the other ink."""
    if schema.keeps_bytes and len(X) >= WORTH_A_WARNING:
        schema.warn_of_ink(X, name)
    return schema.keeps_bytes


def _encoded_frame(frame: Any, name: str, columns: tuple[Column, ...]) -> NDArray[Any]:
    """Return the inputs in a data frame, (n, n_in), not yet scaled; columns that have names are found by them."""
    table = table_of_frame(frame, name, {each.name for each in columns} if columns[0].name else None)
    return encoded(table, columns, matched(name, table.names, range(table.n_columns), columns))


def check_shape(shape: tuple[int, ...], n_in: int, name: str) -> None:
    """Raise InputError if samples of this shape are not what a network with `n_in` inputs takes."""
    if len(shape) != 2 or shape[1] != n_in:
        raise InputError(
            f"{name} has shape {shape}, but the network takes (samples, {n_in}): "
            + ("pass the matching columns." if len(shape) == 2 else f"reshape it with {name}.reshape(-1, {n_in}).")
        )
    if shape[0] == 0:
        raise InputError(f"{name} is empty: pass at least one sample.")


def _check_numbers(array: NDArray[Any], name: str) -> None:
    """Raise InputError if an array does not hold numbers of a supported type."""
    if array.dtype.kind not in "fiub" or (array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8)):
        raise InputError(
            f"{name} has dtype {array.dtype}, which is not supported: pass {name}.astype(np.float32), "
            "or np.uint8 for pixels from 0 to 255."
        )


def _as_numbers(array: NDArray[Any], dtype: np.dtype[Any], name: str, schema: Schema | None) -> NDArray[Any]:
    """Return numbers that are not bytes as `dtype`, for the kernels; what is too large becomes infinite."""
    _check_numbers(array, name)
    if schema is None and array.size and _may_be_pixels(array):
        warnings.warn(
            f"{name} has dtype {array.dtype} and is taken as it is, up to {array.max():g}: "
            "pass it as np.uint8 if these are pixels, to be divided by 255.",
            stacklevel=level_outside(),
        )
    with np.errstate(over="ignore"):
        return for_kernels(array.astype(dtype, order="C", copy=False))


def _may_be_pixels(array: NDArray[Any]) -> bool:
    """Return whether numbers may be pixels from 0 to 255 by mistake: whole types above 1, or many bright floats."""
    if array.dtype.kind in "iu":
        return bool(array.max() > 1)
    if array.dtype.kind != "f" or array.ndim != 2 or array.shape[1] < LEAST_PIXELS or not 128 <= array[0].max() <= 255:
        return False
    return bool(array.min() >= 0 and array.max() <= 255)


def _scaled_values(values: NDArray[Any], dtype: np.dtype[Any], name: str, schema: Schema | None) -> NDArray[Any]:
    """Return the stored values of a sparse matrix as the schema says."""
    if schema is None or not len(values):
        return values
    _check_numbers(values, name)
    if schema.scale == "standardized" or schema.is_dark_on_light:
        how = "standardized" if schema.scale == "standardized" else "inverted"
        raise InputError(
            f"{name} is sparse, and the inputs of this network are {how}, which leaves no zeros: pass {name}.toarray()."
        )
    return schema.scaled(values[:, None], dtype)[:, 0]


def _as_packed(X: Any, n_in: int, dtype: np.dtype[Any], name: str, schema: Schema | None) -> Packed:
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
    values = _scaled_values(X.data[: starts[-1]], dtype, name, schema)
    values = for_kernels(values) if values.dtype == np.uint8 else _as_numbers(values, dtype, name, schema)
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
    if getattr(values, "requires_grad", False):
        raise InputError(f"{name} is a tensor that requires a gradient: pass {name}.detach().")
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise InputError(f"{name} can't be made an array ({error}): pass rows of equal length.") from None
    except RuntimeError as error:  # of a tensor on another device, say
        raise InputError(f"{name} can't be made an array ({reason(error)}): pass a NumPy array.") from None


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
