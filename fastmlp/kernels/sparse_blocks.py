"""The first layer's products with packed samples for wide layers: the other matrix is copied in panels.

`sparse` reads the other matrix as it lies in memory, where rows of a power of two bytes share few places of the cache.
A panel lies in one piece: 48 KB with AVX2, 96 KB with AVX-512. Some rows are multiplied with a panel before the next
one is copied. Every sum has the same terms in the same order, and so the same bits.
"""

from numba.core import types

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm import gather, tiles
from fastmlp.kernels.llvm.views import segment
from fastmlp.kernels.matrix_product import copy_panel

LEAST_ROWS, LEAST_COLUMNS = 32, 256
"""Rows and columns of a product from which it pays to copy panels."""
stack_positions = tiles.make_stack_array(tiles.BLOCK_ROWS * 8, types.int64)
_stack_panel = tiles.make_stack_array(tiles.DEPTH * gather.PANEL_BYTES)


@kernel
def whole_panels(n_out, rows, itemsize):
    """Return how many of a product's first columns are in whole panels that it pays to copy for so many rows."""
    width = gather.PANEL_BYTES // itemsize
    return n_out // width * width if rows >= LEAST_ROWS and n_out >= LEAST_COLUMNS else 0


@kernel
def most_rows(itemsize):
    """Return how many rows multiply_panels takes at most."""
    return tiles.BLOCK_BYTES // (itemsize * tiles.DEPTH)


@kernel
def _fill_row(numbers, values, at, end, start, n_k, row, lists):
    """Copy the values of a sparse row whose numbers are `start` to `start + n_k - 1` to a block, and list their places.

    `at` is the first one's place in the sparse row, `end` the row's end. Return the place behind the last one.
    """
    block, places, first = lists[0], lists[1], row * tiles.DEPTH
    block, own, zero, one = segment(block, first, n_k), segment(places, first, n_k), types.uint64(0), types.uint64(1)
    n, p, end, start = zero, types.uint64(at), types.uint64(end), types.uint64(start)  # never counted from the end
    while p < end and numbers[p] < start + types.uint64(n_k):
        place = numbers[p] - start
        block[place] = values[p]
        own[n] = place
        n += one
        p += one
    places[gather.COUNTS_AT + row * gather.PARTS] = n
    return types.int64(p)


@kernel
def multiply_panels(places_of_rows, sparse, b, factor, start, c, terms, columns):
    """Compute c = factor * a @ b + start for sparse rows a, and some columns of c, in whole panels.

    Parameters
    ----------
    places_of_rows : ((rows,) int64, (rows,) int64)
        Where each row of a starts and ends in `sparse`, from stack_positions; the starts are overwritten.
    sparse : ((any,) uint8, uint16 or uint32, (any,) uint8, float32 or float64)
        Column numbers, rising in each row, and values. Bytes are not divided by 255.
    b : (flat float32 or float64 array, int, int)
        (terms, any) with the place of its first element and its row stride.
    factor : float, same dtype
    start : (flat array of the same dtype, int, int)
        The same; may be c, if there are at most DEPTH terms.
    c : (flat array of the same dtype, int, int)
        (rows, any), the same; its columns 0 to `columns - 1` are overwritten, no others touched.
    terms : int
        Columns of a.
    columns : int
        From whole_panels.
    """
    (at, ends), (numbers, values), (b, b0, b_row), (c, c0, c_row) = places_of_rows, sparse, b, c
    block, places = tiles.stack_block(c), gather.stack_places(c)
    panel, zeros, one = _stack_panel(c), gather.stack_zeros(c), c.dtype.type(1)
    whole, nothing = gather.PANEL_BYTES // c.itemsize, (zeros, 0, 0)
    for n in range(whole):
        zeros[n] = 0
    for k in range(0, terms, tiles.DEPTH):
        n_k = min(tiles.DEPTH, terms - k)
        for row in range(at.size):
            at[row] = _fill_row(numbers, values, at[row], ends[row], k, n_k, row, (block, places))
        for j in range(0, columns, whole):
            copy_panel(b, b0 + k * b_row + j, b_row, panel, n_k, whole)
            to, before = (c, c0 + j, c_row), nothing
            if k > 0:
                before = to
            if k + tiles.DEPTH < terms:
                gather.gather((block, places, 0), panel, before, one, nothing, to, at.size)
            else:
                added = start[0], start[1] + j, start[2]
                gather.gather((block, places, 0), panel, before, factor, added, to, at.size)
