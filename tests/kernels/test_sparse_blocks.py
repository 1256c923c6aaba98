"""Products of sparse rows in panels: the bits of sums in the order of the numbers, for any rows, terms and columns."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm import gather, tiles
from fastmlp.kernels.llvm.views import segment
from fastmlp.kernels.sparse_blocks import most_rows, multiply_panels, stack_positions, whole_panels


@kernel
def multiply(starts, numbers, values, b, factor, start, c, terms, columns):
    """Call multiply_panels for as many rows at a time as it takes."""
    n_out, rows = c.shape[1], starts.size - 1
    for i in range(0, rows, most_rows(c.itemsize)):
        n = min(most_rows(c.itemsize), rows - i)
        at = segment(stack_positions(b), 0, n)
        for r in range(n):
            at[r] = starts[i + r]
        own, to = (start, i * n_out, n_out), (segment(c, 0, c.size), i * n_out, n_out)
        ends = starts[i + 1 :]
        multiply_panels((at, segment(ends, 0, n)), (numbers, values), (b, 0, n_out), factor, own, to, terms, columns)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("numbers", ["uint8", "uint16"])
def test_the_product(dtype, numbers):
    rng, itemsize = np.random.default_rng(0), np.dtype(dtype).itemsize
    panel = gather.PANEL_BYTES // itemsize
    for rows in (1, 3, most_rows(itemsize), most_rows(itemsize) + 1):
        for terms in (1, 5, tiles.DEPTH, tiles.DEPTH + 1, 3 * tiles.DEPTH - 1)[: 3 if numbers == "uint8" else 5]:
            A = rng.integers(1, 256, (rows, terms)) * (rng.random((rows, terms)) < 0.2)
            sparse, B = csr_array(A), rng.standard_normal((terms, 2 * panel)).astype(dtype)
            start, c = rng.standard_normal((rows, 2 * panel)).astype(dtype), np.full((rows, 2 * panel), 7, dtype)
            values = sparse.data.astype(np.uint8)
            rest = np.dtype(dtype).type(1 / 255), start.ravel(), c, terms
            for columns in (panel, 2 * panel):
                multiply(
                    sparse.indptr.astype(np.int64), sparse.indices.astype(numbers), values, B.ravel(), *rest, columns
                )
                assert (c[:, columns:] == 7).all()
            wanted = A / 255 @ B.astype(np.float64) + start
            np.testing.assert_allclose(c, wanted, rtol=0, atol=(3e-5 if itemsize == 4 else 1e-13))


def test_narrow_products_and_small_batches_are_not_cut_into_panels():
    assert whole_panels(255, 1000, 4) == whole_panels(1000, 31, 4) == 0
    assert 1000 - gather.PANEL_BYTES // 4 < whole_panels(1000, 32, 4) < 1000
