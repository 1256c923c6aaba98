"""The check that all contestants train the same network."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.results import LECTURE
from helpers.twin import Twin

from benchmarks import agreement, arena
from benchmarks.contestants import CONTESTANTS
from benchmarks.workloads import tuned
from fastmlp import Network


def test_the_judge_computes_the_books_loss(drawn):
    for workload in (LECTURE, tuned("small", (12,), 32)):
        network = Network(workload.sizes, workload.activation, workload.loss, seed=1)
        parameters = list(zip(network.weights, network.biases, strict=True))
        mean = agreement.mean_loss(parameters, workload, *drawn.train)
        assert mean == pytest.approx(Twin.of(network).costs(*drawn.train).mean(), rel=1e-12)
        right = agreement.accuracy(parameters, workload, drawn.test.X / np.float32(255), drawn.test.y)
        assert right == pytest.approx(network.accuracy(*drawn.test))


class Slower(arena.Process):
    """A contestant that trains at another rate than the workload's."""

    def prepare(self, workload, **options):
        return super().prepare(replace(workload, learning_rate=0.99), **options)


def test_a_contestant_that_trains_something_else_is_not_timed(drawn, folder):
    judge, process = (kind(CONTESTANTS["numpy"], 1, folder) for kind in (arena.Process, Slower))
    with pytest.raises(arena.ContestantError, match="NumPy on 1 threads does not train seed32: its loss reported is"):
        agreement.check([process], judge, LECTURE, *drawn.train)
    for each in (judge, process):
        each.close()
