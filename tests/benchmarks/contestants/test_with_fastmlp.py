"""fastmlp and the baseline follow a schedule over several epochs as one long `fit` does."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.contestants import with_fastmlp, with_numpy
from benchmarks.workloads import Workload
from fastmlp import Network, Regularization, Trainer

COSINE = Workload("cosine", (784, 12, 10), "relu", "cross_entropy", "sgd", 0.1, 32, "cosine", 3)


@pytest.mark.parametrize(("optimizer", "smoothing"), [("sgd", 0.0), ("adam", 0.0), ("sgd", 0.1)])
def test_fastmlp_and_the_baseline_follow_the_cosine_over_all_epochs(drawn, optimizer, smoothing):
    rate = 0.1 if optimizer == "sgd" else 0.001
    workload = replace(COSINE, label_smoothing=smoothing, optimizer=optimizer, learning_rate=rate)
    network = Network(workload.sizes, "relu", "cross_entropy", seed=0)
    start = [W.copy() for W in network.weights], [b.copy() for b in network.biases]
    smooth = Regularization(label_smoothing=smoothing)
    whole = Trainer(network, optimizer, rate, 32, seed=5, schedule="cosine", regularization=smooth)
    history = whole.fit(*drawn.train, epochs=3)
    for contestant in (with_fastmlp, with_numpy):
        training = contestant.Training(workload, *drawn.train, *start, 5, 1)
        for number in (1, 2, 3):
            assert training.train_epoch(number).loss == pytest.approx(history[number - 1].loss, rel=1e-4)
        for (W, b), right, right_b in zip(training.parameters(), network.weights, network.biases, strict=True):
            atol = 0 if contestant is with_fastmlp else 1e-4
            np.testing.assert_allclose(W, right, atol=atol, rtol=0)
            np.testing.assert_allclose(b, right_b, atol=atol, rtol=0)
