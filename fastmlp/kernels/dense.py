"""One dense layer: forward, and its three gradients. Weights are (n_in, n_out), so one input's row is contiguous.

Each is a matrix product made of register tiles: docs/decisions/0002 has how fast.
"""

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm import sparse_rows, tiles
from fastmlp.kernels.llvm.vectors import VECTOR_BYTES
from fastmlp.kernels.llvm.views import borrow, flat, segment

LEAST_PACKED = 32
"""Rows from which it pays to copy the two vectors of columns of b that they all read."""
LEAST_COPIED = 128
"""Columns from which it pays to copy the block of a that they all read."""


@kernel
def _block_size(total, most, multiple):
    """Return the size of equal blocks of `total`, at most `most` each, all but the last a multiple of `multiple`."""
    if total <= most:
        return max(1, total)
    blocks = (total + most - 1) // most
    size = (total + blocks - 1) // blocks
    return min((size + multiple - 1) // multiple * multiple, most // multiple * multiple)


@kernel
def _transpose_block(a, rows, columns, c):
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
        _transpose_block((source, s0, s_k), n_k, rows, (block, 0, tiles.DEPTH))


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
    """
    flat_a, a_row, a_k = borrow(a)
    M, K, N = sizes
    b, start, c = borrow(b), borrow(start), borrow(c)
    pair = 2 * VECTOR_BYTES // c.itemsize
    panel, block = tiles.stack_panel(b), tiles.stack_block(flat_a)
    depth = _block_size(K, tiles.DEPTH, pair)
    rows_at_once = _block_size(M, tiles.BLOCK_BYTES // (c.itemsize * tiles.DEPTH), tiles.TILE_ROWS)
    packing = M >= LEAST_PACKED and pair < N
    copying = packing and last - first >= LEAST_COPIED
    terms, k = max(K, 1), 0  # without terms c is still written
    while k < terms:
        n_k, more, i = min(depth, K - k), k > 0, 0
        while i < M:
            rows, j = min(rows_at_once, M - i), first
            q = flat_a, i * a_row + k * a_k, a_row, a_k
            if copying:
                _copy_rows(q, block, rows, n_k)
                q = block, 0, tiles.DEPTH, 1
            while j + pair <= last:
                p, to = (b, k * N + j, N), (c, i * N + j, N)
                if packing:
                    tiles.pack(p, (panel, 0, pair), n_k)
                    p = panel, 0, pair
                if copying:
                    tiles.strip_packed(q, p, (start, j), more, to, (rows, n_k), 0)
                else:
                    tiles.strip_whole(q, p, (start, j), more, to, (rows, n_k), 0)
                j += pair
            p, to, left = (b, k * N + j, N), (c, i * N + j, N), last - j
            if left > pair // 2:
                tiles.strip_pair(q, p, (start, j), more, to, (rows, n_k), left)
            elif left > 0:
                tiles.strip_edge(q, p, (start, j), more, to, (rows, n_k), left)
            i += rows_at_once
        k += depth


@kernel
def forward_layer(A, W, b, Z):
    """Compute the weighted sums of a layer: Z = A @ W + b.

    Parameters
    ----------
    A : (batch, n_in) float32 or float64, C-contiguous
        Activations of the layer below.
    W : (n_in, n_out), same dtype
    b : (n_out,), same dtype
    Z : (batch, n_out), same dtype
        Overwritten.

    Notes
    -----
    Allocates nothing; 2 * batch * n_in * n_out FLOP.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation 25.
    """
    n_in, n_out = W.shape
    matrix_product((flat(A), n_in, 1), flat(W), b, flat(Z), (A.shape[0], n_in, n_out), 0, n_out)


@kernel
def sum_rows(delta, db, first, last):
    """Compute the gradient of a layer's biases, or of some of them: db = sum of delta over the batch (BP3).

    Parameters
    ----------
    delta : (batch, n_out) float32 or float64, C-contiguous
    db : (n_out,), same dtype
        Its elements `first` to `last - 1` are overwritten, no others touched.
    first, last : int
        0 and n_out for all of them.

    Notes
    -----
    A row of ones times delta: the sums stay in registers and are as accurate as those of matrix_product.
    """
    batch, n_out = delta.shape
    one = tiles.stack_panel(db)
    one[0] = 1
    matrix_product((one, 0, 0), flat(delta), segment(db, 0, 0), db, (1, batch, n_out), first, last)


@kernel
def backward_weights(A, delta, dW, first, last):
    """Compute the gradient of a layer's weights, or some rows of it: dW = A.T @ delta (BP4).

    The biases' gradient is that of sum_rows.

    Parameters
    ----------
    A : (batch, n_in) float32 or float64, C-contiguous
        Activations of the layer below.
    delta : (batch, n_out), same dtype
        Error of this layer, dC/dZ.
    dW : (n_in, n_out), same dtype
        Its rows `first` to `last - 1` are overwritten, no others touched.
    first, last : int
        0 and n_in for all of them.

    Notes
    -----
    Allocates nothing; 2 * batch * (last - first) * n_out FLOP.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation BP4.
    """
    (batch, n_in), n_out = A.shape, delta.shape[1]
    a, dw = flat(A), segment(dW, first * n_out, (last - first) * n_out)
    a = segment(a, first, a.size - first)
    matrix_product((a, 1, n_in), flat(delta), segment(dw, 0, 0), dw, (last - first, batch, n_out), 0, n_out)


@kernel
def transpose(W, transposed, first, last):
    """Write the transpose of a matrix, or of some of its rows, a square block of vectors at a time.

    Parameters
    ----------
    W : (n_in, n_out) float32 or float64, C-contiguous
    transposed : (n_in * n_out,), same dtype
        Overwritten by (n_out, n_in), flat: its columns `first` to `last - 1`.
    first, last : int
        0 and n_in for all of them.
    """
    n_in, n_out = W.shape
    _transpose_block((flat(W), first * n_out, n_out), last - first, n_out, (transposed, first, n_in))


@kernel
def backward_inputs(delta, transposed, dA):
    """Propagate the error of a layer to the activations below it: dA = delta @ W.T.

    Parameters
    ----------
    delta : (batch, n_out) float32 or float64, C-contiguous
        Error of this layer, dC/dZ.
    transposed : (n_out * n_in,), same dtype
        The layer's weights transposed, (n_out, n_in), from transpose.
    dA : (batch, n_in), same dtype
        Overwritten by dC/dA of the layer below, which multiply_by_derivative turns into its delta.

    Notes
    -----
    Allocates nothing; 2 * batch * n_in * n_out FLOP.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation BP2.
    """
    (batch, n_out), n_in = delta.shape, dA.shape[1]
    dA = flat(dA)
    matrix_product((flat(delta), n_out, 1), transposed, segment(dA, 0, 0), dA, (batch, n_out, n_in), 0, n_in)
