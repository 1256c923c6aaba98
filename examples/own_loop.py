"""Your own training loop: an @njit function that calls the kernels of fastmlp.

    python examples/own_loop.py [DATA]

It trains the lecture's network on MNIST, or on another data set given by name or path, with a learning rate that falls
linearly with every step, and prints the test accuracy.
"""

import sys

import numpy as np
from numba import njit

from fastmlp import Network, kernels, load_dataset


@njit(nogil=True, cache=True)
def train(X, y, order, model, learning_rate, scratch, gradient):
    """Train on batches of 10, with a learning rate that falls to 0; return the mean loss."""
    total = 0.0
    for start in range(0, order.size, 10):
        batch = order[start : start + 10]
        cost, _ = kernels.loss_and_gradient(X, y, batch, model, scratch, gradient)
        kernels.sgd_update(model.params, gradient, learning_rate * (1 - start / order.size))
        total += cost
    return total / order.size


def main(data: str = "mnist") -> float:
    """Train the lecture's network for four epochs; print and return its accuracy on the test samples."""
    digits = load_dataset(data)
    X, y = digits.train.X, digits.train.y
    network = Network((X.shape[1], 16, 16, len(digits.classes)), seed=0)
    scratch = np.empty(kernels.scratch_size(network.layout, 10), network.dtype)
    gradient = np.empty_like(network.params)
    order = np.concatenate([np.random.default_rng(epoch).permutation(len(X)) for epoch in range(4)])
    loss = train(X, y, order, network.model, 3.0, scratch, gradient)
    accuracy = network.accuracy(digits.test.X, digits.test.y)
    print(f"mean loss {loss:.4f} over 4 epochs, test accuracy {accuracy:.2%}")
    return accuracy


if __name__ == "__main__":
    main(*sys.argv[1:])
