"""The bits of a training on 1, 2, 3 and 5 threads: every method, and every pair of methods, on shapes cut unevenly."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.calls import samples, train_anyhow

from fastmlp import Network, Trainer, kernels

METHODS = {
    "weight_decay": 0.3,
    "l1": 0.02,
    "l2": 0.1,
    "clip_norm": 0.05,
    "max_norm": 0.9,
    "dropout": 0.3,
    "input_dropout": 0.2,
    "label_smoothing": 0.2,
    "averaging": 0.7,
    "sample_weights": None,
}
COMBINATIONS = [*((name,) for name in METHODS), *itertools.combinations(METHODS, 2), tuple(METHODS)]
SHAPES = [(37, 90, 61, 53, 10), (130, 70, 300, 7), (64, 33, 45, 21, 3)]
"""Sizes of layers whose weights are cut between threads at other places by rows, by columns and in all."""
RULES = {"sgd": (), "nesterov": (0.8,), "adam": (0.8, 0.95, 1e-3), "rmsprop": (0.8, 0.95, 1e-3)}
N, BATCH = 150, 36


def trained(sizes, optimizer, names, packed, threads):
    """Train a network for five batches with some methods on; return all numbers that a training leaves."""
    network = Network(sizes, "relu", "cross_entropy", seed=4)
    X, y = samples(N, sizes[0], sizes[-1], "uint8", seed=9)
    weights = np.random.default_rng(3).random(N, np.float32) ** ("sample_weights" in names)  # to the power 0: all 1
    numbers = {name: METHODS[name] for name in names if METHODS[name] is not None}
    if packed:  # packed inputs are not dropped
        numbers.pop("input_dropout", None)
    losses, state = train_anyhow(
        network,
        X,
        y,
        np.random.default_rng(5).permutation(N),
        BATCH,
        np.full(5, 0.02),
        rule=(optimizer, *RULES[optimizer]),
        methods=kernels.Methods(weights, seed=7, **numbers),
        skip_zeros=packed,
        threads=threads,
        step=7,
    )
    return SimpleNamespace(params=network.params, losses=losses, state=state)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("names", COMBINATIONS, ids="+".join)
def test_the_bits_are_those_of_one_thread(names, packed):
    number = COMBINATIONS.index(names)
    sizes, optimizer = SHAPES[number % len(SHAPES)], list(RULES)[number % len(RULES)]
    alone = trained(sizes, optimizer, names, packed, 1)
    assert np.isfinite(alone.params).all()
    for threads in (2, 3, 5):
        together = trained(sizes, optimizer, names, packed, threads)
        for name, wanted in vars(alone).items():
            np.testing.assert_array_equal(getattr(together, name), wanted, err_msg=f"{name}, {threads} threads")


@pytest.mark.slow
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("optimizer", RULES)
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_the_bits_of_every_pair_with_every_optimizer_and_shape(sizes, optimizer, packed):
    for names in COMBINATIONS:
        alone = trained(sizes, optimizer, names, packed, 1)
        for threads in (2, 3, 5):
            together = trained(sizes, optimizer, names, packed, threads)
            for name, wanted in vars(alone).items():
                np.testing.assert_array_equal(getattr(together, name), wanted, err_msg=f"{name}, {names}, {threads}")


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.9])
@pytest.mark.parametrize("batch_size", [64, 300])
def test_the_bits_of_layers_wide_enough_for_panels(share, batch_size):
    rng = np.random.default_rng(0)
    X = (rng.integers(1, 256, (400, 250)) * (rng.random((400, 250)) < share)).astype(np.uint8)
    y, results = rng.integers(0, 10, 400), set()
    for threads in (1, 2, 3, 5):
        network = Network((250, 300, 140, 10), "relu", "cross_entropy", seed=0)
        Trainer(network, "adam", 0.01, batch_size, threads=threads).fit(X, y)
        results.add(network.params.tobytes())
    assert len(results) == 1
