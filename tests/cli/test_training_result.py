"""The result of a training run, as the table and JSON show it."""

import dataclasses
import json

from fastmlp.cli.training_result import TrainingResult
from fastmlp.presets.presets import find_preset

ADAMW = TrainingResult(
    hyperparameters=find_preset("best-99"),
    dataset="mnist",
    sizes=(784, 512, 256, 10),
    n_params=535818,
    preset="best-99",
    weight_decay=0.01,
    seed=0,
    epochs=7,
    threads=1,
    train_seconds=53.0,
    samples_per_second=1e4,
    train_loss=0.1,
    train_accuracy=0.99,
    best_epoch=7,
    validation_accuracy=None,
    test_samples=10000,
    test_accuracy=0.993,
    model="model.safetensors",
    beside_it=["history.csv"],
)


def test_the_keys_of_the_json_object():
    result = ADAMW.to_json()
    network = {"hidden", "activation", "loss", "weight_init", "sizes", "n_params"}
    methods = {
        "optimizer",
        "learning_rate",
        "schedule",
        "batch_size",
        "epochs",
        "momentum",
        "weight_decay",
        "averaging",
    }
    methods |= {"augmentation", "l1", "l2", "dropout", "input_dropout", "label_smoothing", "max_norm", "clip_norm"}
    metrics = {"train_seconds", "samples_per_second", "train_loss", "train_accuracy", "best_epoch"}
    metrics |= {"validation_accuracy", "test_samples", "test_accuracy", "test_r2", "test_rmse"}
    assert result.keys() == network | methods | metrics | {
        "dataset", "preset", "seed", "threads", "model", "beside_it"
    }  # fmt: skip
    assert (result["epochs"], result["hidden"]) == (7, [512, 256])  # the epochs that were trained
    assert json.loads(json.dumps(result))["sizes"] == [784, 512, 256, 10]


def test_the_weight_decay_that_an_optimizer_has_by_itself_is_left_out():
    preset = find_preset("best-99")
    assert ADAMW.trained == dataclasses.replace(preset, epochs=7, weight_decay=None)
    assert dataclasses.replace(ADAMW, weight_decay=0.2).trained == dataclasses.replace(
        preset, epochs=7, weight_decay=0.2
    )
