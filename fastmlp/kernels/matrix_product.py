"""Matrix products made of register tiles, and of sums over the non-zero numbers where the left side is mostly zeros.

docs/decisions/0002 has how fast the tiles are, 0015 how the zeros are skipped.
"""

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm import gather, sparse_rows, tiles
from fastmlp.kernels.llvm.vectors import VECTOR_BYTES
from fastmlp.kernels.llvm.views import borrow, segment

LEAST_PACKED = 32
"""Rows from which it pays to copy the two vectors of columns of b that they all read."""
LEAST_COPIED = 128
"""Columns from which it pays to copy the block of a that they all read."""
MOST_DENSE = 0.5 if VECTOR_BYTES == 64 else 0.55
"""Share of numbers of a block that are not 0 up to which visiting them is faster than the dense tiles."""


@kernel
def _block_size(total, most, multiple):
    """Return the size of equal blocks of `total`, at most `most` each, all but the last a multiple of `multiple`."""
    if total <= most:
        return max(1, total)
    blocks = (total + most - 1) // most
    size = (total + blocks - 1) // blocks
    return min((size + multiple - 1) // multiple * multiple, most // multiple * multiple)


@kernel
def transpose_block(a, rows, columns, c):
    """Write the transpose of a (rows, columns) panel a to a panel c, a square block of vectors at a time.

    A panel is (array, offset, row stride).
    """
    source, s0, s_row = a
    target, t0, t_row = c
    lanes = VECTOR_BYTES // source.itemsize
    for i in range(0, rows, lanes):
        for j in range(0, columns, lanes):
            height, width = min(lanes, rows - i), min(lanes, columns - j)
            square, out = (source, s0 + i * s_row + j, s_row), (target, t0 + j * t_row + i, t_row)
            if height == lanes and width == lanes:
                sparse_rows.transpose_full(square, out, height, width)
            else:
                sparse_rows.transpose_edge(square, out, height, width)


@kernel
def _copy_rows(a, block, rows, n_k):
    """Copy a part of a, which may be transposed, to a block: its rows, DEPTH apart."""
    source, s0, s_row, s_k = a
    if s_k == 1:
        pair = 2 * VECTOR_BYTES // source.itemsize
        whole = n_k // pair * pair
        for i in range(rows):
            at, to = s0 + i * s_row, i * tiles.DEPTH
            tiles.pack((source, at, pair), (block, to, pair), whole // pair)
            for k in range(whole, n_k):
                block[to + k] = source[at + k]
    else:
        transpose_block((source, s0, s_k), n_k, rows, (block, 0, tiles.DEPTH))


@kernel
def _parts(n_k):
    """Return the number of panels of so many terms: one even if there are none."""
    return max(1, (n_k + gather.PANEL_ROWS - 1) // gather.PANEL_ROWS)


@kernel
def _list_places(block, rows, n_k, places):
    """List the places of a block's numbers that are not 0, for each row and panel of terms; return how many there are.

    The rows of the block are overwritten behind their numbers.
    """
    whole, total = (n_k + gather.LISTED - 1) // gather.LISTED * gather.LISTED, 0
    for i in range(rows):
        row, own = segment(block, i * tiles.DEPTH, whole), segment(places, i * tiles.DEPTH, whole)
        counts = segment(places, gather.COUNTS_AT + i * gather.PARTS, gather.PARTS)
        for k in range(n_k, whole):
            row[k] = 0
        for part in range(_parts(n_k)):
            k = part * gather.PANEL_ROWS
            n = min(gather.PANEL_ROWS, whole - k)
            counts[part] = gather.list_nonzeros(segment(row, k, n), segment(own, k, n))
            total += counts[part]
    return total


@kernel
def _most_listed(numbers, columns, itemsize):
    """Return up to how many numbers that are not 0 it is faster to visit these than to compute dense tiles."""
    panel = gather.PANEL_BYTES // itemsize
    whole = (columns + panel - 1) // panel * panel  # a part of a panel takes as long as a whole one
    return MOST_DENSE * numbers * columns / whole


@kernel
def copy_panel(b, start, stride, panel, rows, width):
    """Copy some rows of a panel's columns of b, of which there are `width`."""
    whole = gather.PANEL_BYTES // b.itemsize
    if width == whole:
        gather.pack_panel((b, start, stride), (panel, 0, whole), rows)
        return
    for k in range(rows):
        for j in range(width):
            panel[k * whole + j] = b[start + k * stride + j]
        for j in range(width, whole):
            panel[k * whole + j] = 0


@kernel
def _add_nonzeros(lists, panel, b, start, more, c, sizes, columns):
    """Add the terms of a block whose places are listed to some columns of c, as the tiles would.

    `lists` is (block, places), `panel` memory; `b` and `c` are (array, offset of column 0, row stride), `sizes` the
    block's rows and terms, `columns` the first column and the one behind the last. The others are as for the tiles.
    """
    (block, places), (b, b0, b_row), (c, c0, c_row), (rows, n_k), (j, last) = lists, b, c, sizes, columns
    sums, whole, one = gather.stack_sums(c), gather.PANEL_BYTES // c.itemsize, c.dtype.type(1)
    nothing, parts = (sums, sums.size - whole, 0), _parts(n_k)
    for n in range(sums.size - whole, sums.size):
        sums[n] = 0
    while j < last:
        width, before, to, added = min(whole, last - j), nothing, (c, c0 + j, c_row), nothing
        if more:
            added = to
        elif start.size > 0:
            added = start, j, 0
        for part in range(parts):
            k = part * gather.PANEL_ROWS
            copy_panel(b, b0 + k * b_row + j, b_row, panel, min(gather.PANEL_ROWS, n_k - k), width)
            if part < parts - 1 or width < whole:
                gather.gather((block, places, part), panel, before, one, nothing, (sums, 0, whole), rows)
                before = sums, 0, whole
            else:
                gather.gather((block, places, part), panel, before, one, added, to, rows)
        if width < whole:
            _add_sums(sums, added, to, rows, width)
        j += width


@kernel
def _add_sums(sums, added, to, rows, width):
    """Write sums + added to some columns that are no whole panel; `added` may be the place that is written to."""
    (base, b0, b_row), (c, c0, c_row), whole = added, to, gather.PANEL_BYTES // sums.itemsize
    for i in range(rows):
        for n in range(width):
            c[c0 + i * c_row + n] = sums[i * whole + n] + base[b0 + i * b_row + n]


@kernel
def _add_tiles(q, how, b, start, more, c, sizes, columns):
    """Add the terms of a part of a to some columns of c by dense tiles.

    `q` is (array, offset, row stride, column stride), `how` is (memory of a panel, whether b is copied there, whether q
    is a block); the others are as in _add_nonzeros.
    """
    (panel, packing, copying), (b, b0, b_row), (c, c0, c_row), (j, last) = how, b, c, columns
    pair = 2 * VECTOR_BYTES // c.itemsize
    while j + pair <= last:
        p, to = (b, b0 + j, b_row), (c, c0 + j, c_row)
        if packing:
            tiles.pack(p, (panel, 0, pair), sizes[1])
            p = panel, 0, pair
        if copying:
            tiles.strip_packed(q, p, (start, j), more, to, sizes, 0)
        else:
            tiles.strip_whole(q, p, (start, j), more, to, sizes, 0)
        j += pair
    p, to, left = (b, b0 + j, b_row), (c, c0 + j, c_row), last - j
    if left > pair // 2:
        tiles.strip_pair(q, p, (start, j), more, to, sizes, left)
    elif left > 0:
        tiles.strip_edge(q, p, (start, j), more, to, sizes, left)


@kernel
def matrix_product(a, b, start, c, sizes, first, last):
    """Compute some columns of c = a @ b + start for flat arrays; a may be transposed.

    Parameters
    ----------
    a : (flat float32 or float64 array, int, int)
        (M, K) with its strides: element [r, k] is at row * r + column * k: (K, 1) as it is, (1, M) transposed.
    b : (K * N,), same dtype
    start : (N,) or (0,), same dtype
        Added to every row; nothing is added if it is empty.
    c : (M * N,), same dtype
        Its columns `first` to `last - 1` are overwritten, no others touched.
    sizes : (int, int, int)
        M, K, N.
    first, last : int

    Notes
    -----
    DEPTH terms of the sums at a time, some rows of a at a time, two vectors of columns at a time, as BLAS does: the
    strip of b in use is copied to a panel in the first-level cache. Rows of b as they lie, 2048 bytes apart for 512
    columns, would share two of the cache's sets and be read from the second level by every tile. For many columns the
    block of a is copied too, to rows that lie equally far apart in every product. The rest of the rows and columns goes
    to smaller and masked tiles. Each element is summed in one order, whatever its tile and the other rows and columns.

    Of a block of a that is mostly zeros only the other numbers are multiplied, in the same order. A term that is 0
    changes no sum, so the results are the same bits, unless b is infinite or NaN where a is 0.
    """
    flat_a, a_row, a_k = borrow(a)
    M, K, N = sizes
    b, start, c = borrow(b), borrow(start), borrow(c)
    pair, columns = 2 * VECTOR_BYTES // c.itemsize, (first, last)
    panel, block, places = tiles.stack_panel(b), tiles.stack_block(flat_a), gather.stack_places(flat_a)
    depth = _block_size(K, tiles.DEPTH, pair)
    rows_at_once = _block_size(M, tiles.BLOCK_BYTES // (c.itemsize * tiles.DEPTH), tiles.TILE_ROWS)
    packing = M >= LEAST_PACKED and pair < N
    copying = packing and last - first >= LEAST_COPIED
    how = panel, packing, copying
    for k in range(0, max(K, 1), depth):  # without terms c is still written
        n_k, more = min(depth, K - k), k > 0
        for i in range(0, M, rows_at_once):
            rows, p, to = min(rows_at_once, M - i), (b, k * N, N), (c, i * N, N)
            q = flat_a, i * a_row + k * a_k, a_row, a_k
            if copying:
                _copy_rows(q, block, rows, n_k)
                q = block, 0, tiles.DEPTH, 1
                if _list_places(block, rows, n_k, places) <= _most_listed(rows * n_k, last - first, c.itemsize):
                    _add_nonzeros((block, places), panel, p, start, more, to, (rows, n_k), columns)
                    continue
            _add_tiles(q, how, p, start, more, to, (rows, n_k), columns)
