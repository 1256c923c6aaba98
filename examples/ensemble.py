"""An ensemble: eight networks learn at the same time, each on a thread of its own, from one packed data set.

    python examples/ensemble.py [DATA]

MNIST, or another data set given by name or path, is packed once: of each image only the pixels that are not zero are
kept. All trainings read the same memory; a Trainer would pack the data anew for each of them. Kernels that Python calls
release the interpreter's lock, so threads suffice, and they are the package's own compiled code: there is nothing to
compile here. The mean of the outputs is right more often than any single network. It prints the accuracy of each
network and of the ensemble on the test samples, the time, and the size of the data.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import numpy as np

from fastmlp import Network, kernels, load_dataset

NETWORKS, HIDDEN, BATCH, EPOCHS, LEARNING_RATE = 8, 48, 16, 4, 0.1


def pack(X):
    """Return the samples (n, n_in) as `train` takes them for one thread; it only reads them."""
    counts = np.empty(len(X), np.int64)
    kernels.count_nonzeros(X, counts)
    starts = np.concatenate(([0], np.cumsum(counts)))
    columns, values = np.empty(starts[-1] + 1, np.uint16), np.empty(starts[-1] + 1, X.dtype)
    kernels.pack_rows(X, starts, columns, values)
    bounds, splits = np.array([0, X.shape[1]]), np.stack((starts[:-1], starts[1:]), axis=1)
    return kernels.PackedSamples(starts, columns, values, bounds, splits)


def train(samples, y, order, network):
    """Train by plain gradient descent on the samples in this order; the learning rate falls to 0."""
    steps = EPOCHS * -(-len(y) // BATCH)
    rates = np.linspace(LEARNING_RATE, 0, steps)
    rule = kernels.Rule(kernels.OPTIMIZERS["sgd"], rates, BATCH, epoch_size=len(y))
    work = kernels.Work(
        scratch=np.empty(kernels.scratch_size(network.layout, BATCH), network.dtype),
        gradient=np.empty_like(network.params),
        batch_losses=np.empty(steps),
        epoch_correct=np.empty((1, EPOCHS), np.int64),
    )
    kernels.train(samples, y, order, network.model, rule, work, kernels.alone())


def main(data: str = "mnist") -> float:
    """Train the networks; print and return the accuracy of their mean outputs on the test samples."""
    digits = load_dataset(data)
    samples, y = pack(digits.train.X), digits.train.y
    sizes = digits.train.X.shape[1], HIDDEN, len(digits.classes)
    networks = [Network(sizes, "relu", "cross_entropy", seed=seed) for seed in range(NETWORKS)]
    draws = [np.random.default_rng(seed) for seed in range(NETWORKS)]
    orders = [np.concatenate([draw.permutation(len(y)) for _ in range(EPOCHS)]) for draw in draws]
    began = time.perf_counter()
    train(samples, y, orders[0][:0], networks[0])
    print(f"compiled or loaded in {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(train, repeat(samples), repeat(y), orders, networks))
    seconds, megabytes = time.perf_counter() - began, sum(each.nbytes for each in samples if each is not None) / 1e6
    outputs = np.stack([network.predict_proba(digits.test.X) for network in networks])
    right = [float(np.mean(each.argmax(axis=1) == digits.test.y)) for each in (*outputs, outputs.mean(axis=0))]
    print("each network:", *(f"{accuracy:.2%}" for accuracy in right[:-1]))
    print(f"the ensemble: {right[-1]:.2%}, trained in {seconds:.1f} s on {megabytes:.0f} MB of shared samples")
    return right[-1]


if __name__ == "__main__":
    main(*sys.argv[1:])
