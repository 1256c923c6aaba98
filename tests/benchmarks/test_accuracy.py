"""The presets that the baseline can train, and times to an accuracy, with made-up processes."""

from benchmarks import accuracy
from benchmarks.contestants import CONTESTANTS
from benchmarks.workloads import WORKLOADS, Workload
from fastmlp.presets.presets import mnist_presets


def test_the_baseline_trains_the_presets_that_it_can():
    workloads, left_out = accuracy.preset_workloads()
    assert workloads["lecture"] == Workload(
        "lecture", (784, 16, 16, 10), "sigmoid", "squared_error", "sgd", 1.0, 32, "constant", 40
    )
    assert workloads["fast-96"].schedule == "cosine"
    assert workloads.keys() == {"lecture", "fast-96", "fast-98"}
    assert workloads.keys() | left_out.keys() == mnist_presets().keys()
    assert left_out["nielsen"] == "l2 0.0001"
    assert left_out["lecture-96"] == "optimizer adamw, weight_decay 0.02, augmentation shift=1"


class MadeUpProcess:
    """A process that reaches 90, 95, 98, ... % after epochs of a given time."""

    def __init__(self, name, threads, seconds, accuracies=(0.9, 0.95, 0.98, 0.99)):
        self.contestant, self.threads, self.seconds = CONTESTANTS[name], threads, seconds
        self.accuracies = accuracies

    def prepare(self, workload, seed=0):
        self.trained = 0

    def train_epoch(self, number):
        self.trained += 1
        assert number == self.trained
        return {"seconds": self.seconds}

    def parameters(self):
        return self.accuracies[self.trained - 1]


def test_the_fastest_number_of_threads_represents_a_contestant():
    field = [MadeUpProcess("numpy", 1, 2.0), MadeUpProcess("numpy", 2, 1.0), MadeUpProcess("fastmlp", 1, 3.0)]
    assert accuracy.fastest(field, WORKLOADS["tweak"]) == field[1:]


def test_a_run_ends_when_it_reaches_the_last_target(monkeypatch):
    monkeypatch.setattr(accuracy.agreement, "accuracy", lambda parameters, workload: parameters)
    field = [MadeUpProcess("fastmlp", 1, 1.0), MadeUpProcess("numpy", 1, 2.0, (0.5,) * 4)]
    found = accuracy.curves(field, WORKLOADS["tweak"], (), seeds=2, most_epochs=4)
    ours, theirs = found["contestants"]["fastmlp"], found["contestants"]["numpy"]
    assert ours == {"threads": 1, "seconds": [[1.0] * 3] * 2, "accuracy": [[0.9, 0.95, 0.98]] * 2}
    assert theirs == {"threads": 1, "seconds": [[2.0] * 4] * 2, "accuracy": [[0.5] * 4] * 2}
