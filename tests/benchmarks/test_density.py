"""The share of hidden units above zero."""

import numpy as np

from benchmarks.density import densities, shares
from benchmarks.workloads import tuned
from fastmlp import Network


def test_the_shares_are_those_of_the_units():
    network = Network((2, 2, 1, 2), "relu", seed=0)
    network.params[:] = 0
    network.weights[0][:] = [[1, -1], [-1, -1]]
    network.biases[1][:] = 1
    X = np.array([[255, 0], [0, 255], [255, 255], [0, 0]], np.uint8)
    assert shares(network, X) == [1 / 8, 1.0]


def test_a_training_is_looked_at_after_each_epoch(drawn):
    found = densities(tuned("small", (16, 8), 32), drawn.train, epochs=2)
    assert np.shape(found) == (2, 2)
    assert ((np.array(found) > 0) & (np.array(found) < 1)).all()
