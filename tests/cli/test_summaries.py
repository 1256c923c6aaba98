"""The texts that commands print at their end."""

import numpy as np
import pytest

from fastmlp.cli.evaluation import DatasetEvaluation
from fastmlp.cli.summaries import evaluation_summary, prediction_text, presets_summary, training_summary
from fastmlp.cli.training_result import TrainingResult
from fastmlp.presets.presets import find_preset

REACHED = {
    "n_params": 63610,
    "seeds": 3,
    "accuracy": {"median": 0.96, "lowest": 0.95, "highest": 0.962},
    "seconds": {"median": 2.0, "lowest": 1.0, "highest": 3.0},
    "threads": 1,
    "load": 0.5,
    "dataset": "mnist",
    "cpu": "a CPU",
    "cores": 2,
    "date": "2026-01-02",
}


def result(**changes):
    values = {
        "hyperparameters": find_preset("fast-96"), "dataset": "mnist", "sizes": (784, 64, 10), "n_params": 50890,
        "preset": "fast-96", "weight_decay": 0.0, "seed": 3, "epochs": 1, "threads": 2, "train_seconds": 0.5,
        "samples_per_second": 120000.0, "train_loss": 0.25, "train_accuracy": 0.92, "best_epoch": 1,
        "validation_accuracy": None, "test_samples": 10000, "test_accuracy": 0.967, "model": "runs/x/model.safetensors",
        "beside_it": ["history.csv", "learning-curve.png"],
    }  # fmt: skip
    return TrainingResult(**values | changes)


def test_the_table_of_a_training():
    assert training_summary(result()).splitlines() == [
        "network        784-64-10, relu, cross entropy: 50,890 weights and biases",
        "data           mnist",
        "optimizer      sgd, learning rate 0.2 (cosine), batches of 8, 1 epoch, label smoothing 0.05, seed 3",
        "training       0.50 s, 120,000 samples/s, threads: 2",
        "training loss  0.2500  (accuracy 92.00%)",
        "test accuracy  96.70%  (10,000 samples it has never seen)",
        "model          runs/x/model.safetensors",
        "beside it      history.csv, learning-curve.png",
        "try            fastmlp predict runs/x/model.safetensors PICTURE",
    ]
    other = training_summary(result(dataset="drawn", sizes=(4, 64, 10), validation_accuracy=0.5, best_epoch=7))
    names = [line[:13].strip() for line in other.splitlines()]
    assert names[4:] == ["training loss", "validation", "test accuracy", "model", "beside it", "try"]
    assert "validation     accuracy 50.00% after epoch 7" in other
    assert "*** drawn digits, NOT MNIST ***" in other
    assert "network        4-64-10," in other


def test_the_table_of_an_evaluation():
    evaluation = DatasetEvaluation(
        dataset="mnist",
        sizes=(784, 10),
        test_samples=1000,
        test_loss=None,
        test_accuracy=0.5,
        accuracy_by_class={"a": 1.0},
    )
    assert evaluation_summary("m.safetensors", evaluation).splitlines() == [
        "model          m.safetensors",
        "data           mnist, 1,000 test samples",
        "test loss      not finite",
        "test accuracy  50.00%",
        "  a            100.00%",
    ]


def test_the_table_of_the_presets():
    presets = {name: find_preset(name) for name in ("fast-96", "nielsen")}
    assert [line.strip() for line in presets_summary(presets, {"fast-96": REACHED}).splitlines()] == [
        "fast-96  784-64-10, relu, cross entropy: 63,610 weights and biases",
        "sgd, learning rate 0.2 (cosine), batches of 8, 1 epoch, label smoothing 0.05",
        "96.00% on mnist's test set (median of 3 seeds, 95.00% to 96.20%)",
        "2.0 s in training on a CPU, 2 cores",
        "nielsen  784-100-10, sigmoid, cross entropy",
        "sgd, learning rate 0.1, batches of 10, 60 epochs, l2 0.0001",
        "not measured with these hyperparameters: `python -m benchmarks presets`, in a working copy, measures it",
    ]
    once = presets_summary(presets, {"nielsen": REACHED | {"seeds": 1, "load": 3.21}})
    assert "96.00% on mnist's test set (one seed)" in once
    assert "2.0 s in training on a CPU, 2 cores, beside other programs (load 3.2)" in once


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ([0.01, 0.97, 0.02], "b, quite sure (97%)"),
        ([0.01, 0.7, 0.3], "b, fairly sure (70%)"),
        ([0.1, 0.45, 0.05], "b, but not sure (45%)"),
        ([0.3, 0.45, 0.1], "b, or a: it can't tell (45% against 30%)"),
        ([0.1, 0.45, 0.4], "b, or c: it can't tell (45% against 40%)"),
        ([0.5, 0.5, 0.0], "a, or b: it can't tell (50% against 50%)"),
    ],
)
def test_how_sure_it_is(outputs, words):
    assert prediction_text("x.png", np.array(outputs), ("a", "b", "c")).splitlines()[0] == f"x.png: {words}"


def test_the_name_of_a_picture_does_not_move_the_cursor():
    assert prediction_text("\x1b[2J\n.png", np.array([1.0, 0.0]), ("a", "b")).startswith(r"\x1b[2J\n.png: a, ")
