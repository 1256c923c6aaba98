"""The first layer on inputs that are mostly zeros, such as images: only what is not zero is kept, read and multiplied.

Samples are packed once into rows of (column, value), as in the CSR format: MNIST, of whose pixels 19 % are not zero,
becomes 27 MB. Bytes stay bytes, scaled by 1 / 255 when they are used.
"""

from fastmlp.kernels import simd
from fastmlp.kernels._compile import kernel


@kernel
def count_nonzeros(X, counts):
    """Count what is not zero in each row of X.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
    counts : (n,) int64
        Overwritten.
    """
    for i in range(X.shape[0]):
        x, count = X[i], 0
        for k in range(x.size):
            count += x[k] != 0
        counts[i] = count


@kernel
def pack_rows(X, starts, columns, values):
    """Keep what is not zero: row i of X becomes columns[starts[i]:starts[i + 1]] and values[the same].

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
    starts : (n + 1,) int64
        Where each row starts: 0, and the sums of count_nonzeros.
    columns : (starts[n] + 1,) uint16 or uint32
        Overwritten, rising in each row; the last element is not used.
    values : (starts[n] + 1,), dtype of X
        Overwritten.
    """
    p = 0
    for i in range(X.shape[0]):
        x = X[i]
        for k in range(x.size):  # without a branch: a zero's place is overwritten by the next value
            columns[p] = k
            values[p] = x[k]
            p += x[k] != 0


@kernel
def _prefetch_sample(starts, columns, values, number):
    """Ask for a packed sample, so that it is in the cache when it comes up."""
    first, last = starts[number], starts[number + 1]
    for p in range(first, last + 31, 64 // columns.itemsize):  # a cache line has 64 bytes
        simd.prefetch(columns, p)
    for p in range(first, last + 63, 64 // values.itemsize):
        simd.prefetch(values, p)


@kernel
def _value_scale(values, params):
    """Return what values are multiplied by: 1 / 255 for bytes, else 1."""
    T = params.dtype.type
    return T(1) / T(255) if values.itemsize == 1 else T(1)


@kernel
def forward_packed(starts, columns, values, batch, ahead, W, b, Z):
    """Compute the first layer's weighted sums of packed samples: Z = X[batch] @ W + b.

    Parameters
    ----------
    starts, columns, values
        Packed samples, from pack_rows.
    batch : (rows,) int64
        Numbers of samples.
    ahead : (any,) int64
        Numbers of the samples of the next batch, which are asked for meanwhile: an epoch reads samples in random order
        from tens of megabytes, and waiting for each would take as long as its sums.
    W : (n_in, n_out) float32 or float64, C-contiguous
    b : (n_out,), same dtype
    Z : (rows, n_out), same dtype
        Overwritten.
    """
    scale, n_out = _value_scale(values, W), W.shape[1]
    lanes = simd.VECTOR_BYTES // W.itemsize
    w, z = W.reshape(W.size), Z.reshape(Z.size)
    for i in range(batch.size):
        if i < ahead.size:
            _prefetch_sample(starts, columns, values, ahead[i])
        first, last = starts[batch[i]], starts[batch[i] + 1]
        j = 0
        while j + simd.GROUP * lanes <= n_out:
            simd.gather_group(columns, values, first, last, scale, w, j, n_out, b, j, z, i * n_out + j, lanes)
            j += simd.GROUP * lanes
        while j + lanes <= n_out:
            simd.gather_vector(columns, values, first, last, scale, w, j, n_out, b, j, z, i * n_out + j, lanes)
            j += lanes
        if j < n_out:
            simd.gather_edge(columns, values, first, last, scale, w, j, n_out, b, j, z, i * n_out + j, n_out - j)


@kernel
def add_outer_packed(starts, columns, values, batch, factor, delta, W):
    """Add the first layer's weight gradient of packed samples: W += factor * X[batch].T @ delta.

    With factor = -learning_rate and the weights themselves as W this is the whole step of gradient descent.

    Parameters
    ----------
    starts, columns, values
        Packed samples, from pack_rows.
    batch : (rows,) int64
        Numbers of samples.
    factor : float
    delta : (rows, n_out) float32 or float64, C-contiguous
        Error of the first layer, dC/dZ.
    W : (n_in, n_out), same dtype
        Added to; only the rows of inputs that are not zero are touched.
    """
    scale, n_out = W.dtype.type(factor) * _value_scale(values, W), W.shape[1]
    lanes = simd.VECTOR_BYTES // W.itemsize
    w, d = W.reshape(W.size), delta.reshape(delta.size)
    for i in range(batch.size):
        first, last = starts[batch[i]], starts[batch[i] + 1]
        j = 0
        while j + simd.GROUP * lanes <= n_out:
            simd.scatter_group(columns, values, first, last, scale, d, i * n_out + j, w, j, n_out, lanes)
            j += simd.GROUP * lanes
        while j + lanes <= n_out:
            simd.scatter_vector(columns, values, first, last, scale, d, i * n_out + j, w, j, n_out, lanes)
            j += lanes
        if j < n_out:
            simd.scatter_edge(columns, values, first, last, scale, d, i * n_out + j, w, j, n_out, n_out - j)
