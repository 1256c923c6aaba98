"""One dense layer: forward, and its three gradients. Weights are (n_in, n_out), so one input's row is contiguous.

Each is a matrix product made of register tiles: docs/decisions/0002 has how fast.
"""

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm import tiles
from fastmlp.kernels.llvm.views import flat, segment
from fastmlp.kernels.matrix_product import matrix_product, transpose_block


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
    transpose_block((flat(W), first * n_out, n_out), last - first, n_out, (transposed, first, n_in))


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
