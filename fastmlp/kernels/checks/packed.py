"""Checks of packed samples, and of the kernels that pack and multiply them."""

from typing import Any

import numpy as np

from fastmlp.kernels.bounds import first_full_column, first_wrong_row, first_wrong_split, is_rising
from fastmlp.kernels.checks.arrays import (
    INT64,
    READ,
    UINT8,
    WRITTEN,
    at_least,
    floats,
    matrix,
    numbers_below,
    require,
    sample_dtype,
    whole,
)
from fastmlp.kernels.sparse import PackedRows, PackedSamples
from fastmlp.kernels.step import GATHER_FROM, GATHER_ROWS

COLUMN_DTYPES = (np.dtype(np.uint16), np.dtype(np.uint32))
ROW_DTYPES = (np.dtype(np.uint8), *COLUMN_DTYPES)


def check_count_nonzeros(X: Any, counts: Any) -> None:
    """Check the arguments of count_nonzeros."""
    n, n_in = matrix("X", X)
    require(("X", X, sample_dtype("X", X), (n, n_in), READ), ("counts", counts, INT64, (n,), WRITTEN))


def check_pack_rows(X: Any, starts: Any, columns: Any, values: Any) -> None:
    """Check the arguments of pack_rows."""
    (n, n_in), count = matrix("X", X), int(np.count_nonzero(X))
    require(
        ("X", X, sample_dtype("X", X), (n, n_in), READ),
        ("starts", starts, INT64, (n + 1,), READ),
        (
            "columns",
            columns,
            _one_of("columns", columns, COLUMN_DTYPES),
            at_least("columns", columns, count + 1),
            WRITTEN,
        ),
        ("values", values, X.dtype, at_least("values", values, count + 1), WRITTEN),
    )
    if n_in - 1 > np.iinfo(columns.dtype).max:
        raise ValueError(f"columns has dtype {columns.dtype}, too small for {n_in} inputs: pass uint32.")
    if starts[-1] != count:
        raise ValueError(f"starts[{n}] is {starts[-1]}: pass the running sums of count_nonzeros, which end at {count}.")


def check_split_rows(starts: Any, columns: Any, bounds: Any, splits: Any) -> None:
    """Check the arguments of split_rows."""
    n, ranges = len(starts) - 1, len(bounds) - 1
    require(
        ("starts", starts, INT64, at_least("starts", starts, 1), READ),
        ("columns", columns, _one_of("columns", columns, COLUMN_DTYPES), (len(columns),), READ),
        ("bounds", bounds, INT64, at_least("bounds", bounds, 2), READ),
        ("splits", splits, INT64, (n, ranges + 1), WRITTEN),
    )
    _starts_fit(starts, len(columns))


def check_forward_packed(samples: Any, batch: Any, ahead: Any, W: Any, b: Any, Z: Any) -> None:
    """Check the arguments of forward_packed."""
    T, (n_in, n_out) = floats("W", W), matrix("W", W)
    rows_fit(samples, "batch", batch, n_in, T)
    numbers_below("ahead", ahead, len(samples.starts) - 1)
    require(
        ("W", W, T, (n_in, n_out), READ),
        ("b", b, T, (n_out,), READ),
        ("Z", Z, T, (len(batch), n_out), WRITTEN),
    )


def check_add_outer_packed(samples: Any, thread: Any, batch: Any, factor: Any, delta: Any, W: Any) -> None:
    """Check the arguments of add_outer_packed."""
    T, (n_in, n_out) = floats("W", W), matrix("W", W)
    rows_fit(samples, "batch", batch, n_in, T)
    splits_fit(samples, batch, n_in)
    whole("thread", thread, 0, len(samples.bounds) - 2)
    float(factor)
    require(("delta", delta, T, (len(batch), n_out), READ), ("W", W, T, (n_in, n_out), WRITTEN))


def rows_fit(samples: Any, name: str, order: Any, n_in: int, T: Any) -> None:
    """Check packed samples of `n_in` inputs, for parameters of dtype T, and those in `order`, called `name`."""
    if not isinstance(samples, PackedRows | PackedSamples):
        raise ValueError(f"samples is a {type(samples).__name__}: pass an array, PackedRows or PackedSamples.")
    starts, columns, numbers = samples.starts, samples.columns, samples.values
    require(
        ("samples.starts", starts, INT64, at_least("samples.starts", starts, 1), READ),
        ("samples.columns", columns, _one_of("samples.columns", columns, COLUMN_DTYPES), (len(columns),), READ),
        ("samples.values", numbers, UINT8 if numbers.dtype == UINT8 else T, (len(columns),), READ),
    )
    numbers_below(name, order, len(starts) - 1)
    i = first_wrong_row(starts, columns, order, n_in)
    if i >= 0:
        raise ValueError(f"samples has no sample of {n_in} inputs at {order[i]}: pass what pack_rows has made.")


def splits_fit(samples: Any, order: Any, n_in: int) -> None:
    """Check the threads' ranges of inputs in packed samples that are otherwise checked, for those in `order`."""
    if not isinstance(samples, PackedSamples):
        raise ValueError(f"samples is a {type(samples).__name__}: pass PackedSamples.")
    bounds, splits = samples.bounds, samples.splits
    require(
        ("samples.bounds", bounds, INT64, at_least("samples.bounds", bounds, 2), READ),
        ("samples.splits", splits, INT64, (len(samples.starts) - 1, len(bounds)), READ),
    )
    if bounds[0] != 0 or bounds[-1] != n_in or not is_rising(bounds):
        raise ValueError(f"samples.bounds is {bounds}: pass numbers that rise from 0 to {n_in}.")
    i = first_wrong_split(samples.starts, splits, order)
    if i >= 0:
        raise ValueError(f"samples.splits[{order[i]}] leaves the sample: pass what split_rows has made.")


def transpose_fits(samples: Any, order: Any, sizes: tuple[int, int], batch_size: int, T: Any) -> None:
    """Check the room of the transpose of a batch, for a first layer of these inputs and outputs."""
    n_in, n_out = sizes
    if samples.column_starts is None or n_out < GATHER_FROM or batch_size < GATHER_ROWS:
        return
    column_starts, ends, rows, numbers, zeros = samples[5:]
    require(
        ("samples.zeros", zeros, T, (n_out,), READ),
        ("samples.column_starts", column_starts, INT64, (n_in,), READ),
        ("samples.ends", ends, INT64, (n_in,), WRITTEN),
        ("samples.batch_rows", rows, _one_of("samples.batch_rows", rows, ROW_DTYPES), (len(numbers),), WRITTEN),
        ("samples.batch_values", numbers, samples.values.dtype, (len(numbers),), WRITTEN),
    )
    if min(batch_size, len(order)) - 1 > np.iinfo(rows.dtype).max:
        raise ValueError(f"samples.batch_rows has dtype {rows.dtype}, too small for batches of {batch_size}.")
    packed = samples.starts, samples.columns, column_starts, len(numbers)
    k = first_full_column(packed, order, batch_size, np.zeros(n_in, np.int64))
    if k >= 0:
        raise ValueError(f"samples.batch_values has too little room for input {k} in batches of {batch_size}.")


def _one_of(name: str, array: Any, dtypes: tuple[Any, ...]) -> Any:
    """Return the dtype of an array after checking that it is one of some."""
    if array.dtype not in dtypes:
        raise ValueError(f"{name} has dtype {array.dtype}: pass {' or '.join(map(str, dtypes))}.")
    return array.dtype


def _starts_fit(starts: Any, room: int) -> None:
    if starts[0] < 0 or starts[-1] > room or not is_rising(starts):
        raise ValueError(f"starts does not rise within the {room} columns: pass running sums of count_nonzeros.")
