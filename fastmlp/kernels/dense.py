"""One dense layer: forward, and its three gradients. Weights are (n_in, n_out), so one input's row is contiguous.

Inputs that are zero are skipped: four fifths of an MNIST image are, and so are many outputs of ReLU.
"""

from fastmlp.kernels._compile import kernel


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
    Allocates nothing; 2 * batch * n_in * n_out FLOP where no input is zero. Shapes are checked by the caller.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation 25.
    """
    for i in range(A.shape[0]):
        z = Z[i]
        for j in range(b.size):
            z[j] = b[j]
        for k in range(A.shape[1]):
            a = A[i, k]
            if a != 0:
                w = W[k]
                for j in range(w.size):
                    z[j] += a * w[j]


@kernel
def backward_weights(A, delta, dW, db):
    """Compute the gradients of a layer's weights and biases: dW = A.T @ delta, db = sum of delta over the batch.

    Parameters
    ----------
    A : (batch, n_in) float32 or float64, C-contiguous
        Activations of the layer below.
    delta : (batch, n_out), same dtype
        Error of this layer, dC/dZ.
    dW : (n_in, n_out), same dtype
        Overwritten.
    db : (n_out,), same dtype
        Overwritten.

    Notes
    -----
    Allocates nothing; 2 * batch * n_in * n_out FLOP where no input is zero. Shapes are checked by the caller.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equations BP3 and BP4.
    """
    dW[:] = 0
    db[:] = 0
    for i in range(A.shape[0]):
        d = delta[i]
        for j in range(d.size):
            db[j] += d[j]
        for k in range(A.shape[1]):
            a = A[i, k]
            if a != 0:
                dw = dW[k]
                for j in range(d.size):
                    dw[j] += a * d[j]


@kernel
def backward_inputs(delta, W, dA):
    """Propagate the error of a layer to the activations below it: dA = delta @ W.T.

    Parameters
    ----------
    delta : (batch, n_out) float32 or float64, C-contiguous
        Error of this layer, dC/dZ.
    W : (n_in, n_out), same dtype
    dA : (batch, n_in), same dtype
        Overwritten by dC/dA of the layer below; multiply_by_derivative makes its delta of it.

    Notes
    -----
    Allocates nothing; 2 * batch * n_in * n_out FLOP. Shapes are checked by the caller.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation BP2.
    """
    for i in range(delta.shape[0]):
        d = delta[i]
        for k in range(W.shape[0]):
            w = W[k]
            total = w.dtype.type(0)
            for j in range(w.size):
                total += d[j] * w[j]
            dA[i, k] = total
