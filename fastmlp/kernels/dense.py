"""One dense layer: forward, and its three gradients. Weights are (n_in, n_out), so one input's row is contiguous.

Each is a matrix product made of register tiles: docs/decisions/0002 has how fast.
"""

from fastmlp.kernels import simd, tiles
from fastmlp.kernels._compile import kernel
from fastmlp.kernels.views import flat, segment

LEAST_PACKED = 32
"""Rows from which on it is worth copying the two vectors of columns of b that they share."""
LEAST_COPIED = 128
"""Columns from which on it is worth copying the part of a that they share."""


@kernel
def _share(total, most, multiple):
    """Return the size of equal parts of `total`, at most `most` each, all but the last a multiple of `multiple`."""
    if total <= most:
        return max(1, total)
    parts = (total + most - 1) // most
    size = (total + parts - 1) // parts
    return min((size + multiple - 1) // multiple * multiple, most // multiple * multiple)


@kernel
def _transpose_part(a, a0, a_row, rows, columns, c, c0, c_row):
    """Write the transpose of some rows and columns of a matrix, a square block of vectors at a time."""
    lanes = simd.VECTOR_BYTES // a.itemsize
    for i in range(0, rows, lanes):
        for j in range(0, columns, lanes):
            height, width = min(lanes, rows - i), min(lanes, columns - j)
            at, to = a0 + i * a_row + j, c0 + j * c_row + i
            if height == lanes and width == lanes:
                simd.transpose_full(a, at, a_row, c, to, c_row, height, width)
            else:
                simd.transpose_edge(a, at, a_row, c, to, c_row, height, width)


@kernel
def _copy_rows(a, a0, a_row, a_k, block, rows, n_k):
    """Copy a part of a, which may be transposed, to a block: rows of it, DEPTH apart."""
    if a_k == 1:
        pair = 2 * simd.VECTOR_BYTES // a.itemsize
        whole = n_k // pair * pair
        for i in range(rows):
            at, to = a0 + i * a_row, i * tiles.DEPTH
            tiles.pack(a, at, pair, block, to, pair, whole // pair)
            for k in range(whole, n_k):
                block[to + k] = a[at + k]
    else:
        _transpose_part(a, a0, a_k, n_k, rows, block, 0, tiles.DEPTH)


@kernel
def matrix_product(a, a_row, a_k, b, start, c, M, K, N, first, last):
    """Compute some columns of c = a @ b + start for flat arrays; a may be transposed.

    Parameters
    ----------
    a : flat float32 or float64 array
        (M, K): element [r, k] is at a_row * r + a_k * k, so (K, 1) is a matrix as it is, and (1, M) a transposed one.
    b : (K * N,), same dtype
    start : (N,) or (0,), same dtype
        Added to every row; nothing is, if it is empty.
    c : (M * N,), same dtype
        Its columns `first` to `last - 1` are overwritten, no others touched.
    first, last : int
        0 and N for all columns.

    Notes
    -----
    DEPTH terms of the sums at a time, some rows of a at a time, two vectors of columns at a time, as BLAS does: what
    part of b is used meanwhile is copied to a panel in the first-level cache. Rows of b as they lie, 2048 bytes
    apart for 512 columns, would share two of the cache's sets and be read from the second level by every tile. For many
    columns the part of a is copied too, to rows that lie equally far apart in every product.
    What is left of the rows and columns goes to smaller and masked tiles. Each element is summed in one order, whatever
    tile it is in, so a row's result does not depend on the other rows, nor a column's on the other columns.
    """
    lanes = simd.VECTOR_BYTES // c.itemsize
    panel, block = tiles.stack_panel(b), tiles.stack_block(a)
    depth = _share(K, tiles.DEPTH, 2 * lanes)
    rows_at_once = _share(M, tiles.BLOCK_BYTES // (c.itemsize * tiles.DEPTH), tiles.TILE_ROWS)
    packing = M >= LEAST_PACKED and 2 * lanes < N
    copying = packing and last - first >= LEAST_COPIED
    terms, k = max(K, 1), 0  # without terms c is still written
    while k < terms:
        n_k, more, i = min(depth, K - k), k > 0, 0
        while i < M:
            rows, at, j = min(rows_at_once, M - i), i * a_row + k * a_k, first
            q, q0, q_row, q_k = a, at, a_row, a_k
            if copying:
                _copy_rows(a, at, a_row, a_k, block, rows, n_k)
                q, q0, q_row, q_k = block, 0, tiles.DEPTH, 1
            while j + 2 * lanes <= last:
                p, p0, p_k, to = b, k * N + j, N, i * N + j
                if packing:
                    tiles.pack(b, p0, N, panel, 0, 2 * lanes, n_k)
                    p, p0, p_k = panel, 0, 2 * lanes
                if copying:
                    tiles.strip_packed(q, q0, q_row, q_k, p, p0, p_k, start, j, more, c, to, N, rows, n_k, 0)
                else:
                    tiles.strip_whole(q, q0, q_row, q_k, p, p0, p_k, start, j, more, c, to, N, rows, n_k, 0)
                j += 2 * lanes
            p0, to, left = k * N + j, i * N + j, last - j
            if left > lanes:
                tiles.strip_pair(q, q0, q_row, q_k, b, p0, N, start, j, more, c, to, N, rows, n_k, left)
            elif left > 0:
                tiles.strip_edge(q, q0, q_row, q_k, b, p0, N, start, j, more, c, to, N, rows, n_k, left)
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
    Allocates nothing; 2 * batch * n_in * n_out FLOP. Shapes are checked by the caller.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation 25.
    """
    n_in, n_out = W.shape
    matrix_product(flat(A), n_in, 1, flat(W), b, flat(Z), A.shape[0], n_in, n_out, 0, n_out)


@kernel
def sum_rows(delta, db, first, last):
    """Compute the gradient of a layer's biases, or of some: db = sum of delta over the batch (BP3).

    Parameters
    ----------
    delta : (batch, n_out) float32 or float64, C-contiguous
    db : (n_out,), same dtype
        Its elements `first` to `last - 1` are overwritten, no others touched.
    first, last : int
        0 and n_out for all of them.

    Notes
    -----
    A row of ones times delta: the sums are in registers, and as accurate as those of matrix_product.
    """
    batch, n_out = delta.shape
    one = tiles.stack_panel(db)
    one[0] = 1
    matrix_product(one, 0, 0, flat(delta), segment(db, 0, 0), db, 1, batch, n_out, first, last)


@kernel
def backward_weights(A, delta, dW, first, last):
    """Compute the gradient of a layer's weights, or some rows of it: dW = A.T @ delta (BP4; sum_rows for the biases).

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
    Allocates nothing; 2 * batch * (last - first) * n_out FLOP. Shapes are checked by the caller.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation BP4.
    """
    (batch, n_in), n_out = A.shape, delta.shape[1]
    a, dw = flat(A), segment(dW, first * n_out, (last - first) * n_out)
    a = segment(a, first, a.size - first)
    matrix_product(a, 1, n_in, flat(delta), segment(dw, 0, 0), dw, last - first, batch, n_out, 0, n_out)


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
    _transpose_part(flat(W), first * n_out, n_out, last - first, n_out, transposed, first, n_in)


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
        Overwritten by dC/dA of the layer below; multiply_by_derivative makes its delta of it.

    Notes
    -----
    Allocates nothing; 2 * batch * n_in * n_out FLOP. Shapes are checked by the caller.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation BP2.
    """
    (batch, n_out), n_in = delta.shape, dA.shape[1]
    dA = flat(dA)
    matrix_product(flat(delta), n_out, 1, transposed, segment(dA, 0, 0), dA, batch, n_out, n_in, 0, n_in)
