"""The decorator of every kernel: what its flags are for."""

import threading
import time

import numpy as np
import pytest
from helpers.calls import samples, train_anyhow

from fastmlp import Network


class Clock(threading.Thread):
    """A thread that notes the time every millisecond."""

    def __init__(self):
        super().__init__()
        self.times, self.stopped = [], threading.Event()

    def run(self):
        while not self.stopped.wait(0.001):
            self.times.append(time.perf_counter())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()


@pytest.mark.parametrize("packed", [False, True])
def test_a_python_thread_runs_while_a_network_is_trained(packed):
    """With the GIL held, the thread would stand still for the whole call of the kernel."""
    network = Network((784, 64, 10), "relu", "cross_entropy")
    X, y = samples(2000, 784, 10, "uint8")
    order = np.tile(np.arange(2000), 30)
    rates = np.full(600, 0.01)
    train_anyhow(network, X, y, order[:100], 100, rates, skip_zeros=packed)  # compiles
    started = time.perf_counter()
    with Clock() as clock:
        train_anyhow(network, X, y, order, 100, rates, skip_zeros=packed)
    ended = time.perf_counter()
    assert ended - started > 0.1
    assert np.diff([started, *clock.times, ended]).max() < 0.5 * (ended - started)
