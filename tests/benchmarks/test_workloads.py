"""Workloads in words and in JSON."""

import json

from benchmarks.workloads import WORKLOADS, Workload

SMOOTHED = Workload("x", (784, 64, 10), "relu", "cross_entropy", "sgd", 0.2, 8, "cosine", 1, 0.05)


def test_a_workload_in_words():
    assert WORKLOADS["seed10"].title == "784-16-16-10, sigmoid, squared error, SGD, batch 10"
    assert SMOOTHED.title == "784-64-10, ReLU, cross entropy, label smoothing 0.05, SGD with a cosine, batch 8"


def test_a_workload_is_the_same_after_json():
    for workload in (*WORKLOADS.values(), SMOOTHED):
        assert Workload.from_dict(json.loads(json.dumps(workload.to_dict()))) == workload


def test_the_last_batch_counts_as_a_step():
    assert [SMOOTHED.steps(samples) for samples in (1, 8, 9, 16)] == [1, 1, 2, 2]
