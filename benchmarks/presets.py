"""Accuracy and time of fastmlp's presets: each is trained to its end as by `fastmlp train --preset`, for ten seeds.

Test accuracy is computed once, at the end, and decides nothing. Every value is kept, with the conditions of its
measurement: measuring one preset again replaces the values of that preset alone. The command `fastmlp presets` prints a
summary of them, which is stored in `fastmlp/presets/presets_reached.json`.
"""

import dataclasses
import json
import statistics
import time
from typing import Any

import numpy as np

from benchmarks import results
from benchmarks.arena import digits_here
from benchmarks.results import Options, heading
from fastmlp.datasets import Dataset
from fastmlp.presets import presets as packaged
from fastmlp.presets.presets import mnist_presets
from fastmlp.system.files import write_text
from fastmlp.system.terminal import notice
from fastmlp.training.hyperparameters import Hyperparameters
from fastmlp.training.make import make_trainer
from fastmlp.training.trainer import Trainer

SEEDS, QUICK_SEEDS, QUICK_EPOCHS = 10, 2, 2
WARM_UP = 2000
"""Number of samples, with random labels, of the fit that loads all kernels before anything is timed."""


def run(options: Options) -> dict[str, Any]:
    """Return the result: `presets` {name: values and conditions}, which includes what the result file had before.

    The file is written after each preset, so that Ctrl-C loses at most one.
    """
    data, available = digits_here(), mnist_presets()
    top = heading("presets", options, data.name)
    folder = options.folder("presets")
    result: dict[str, Any] = {}
    for name, preset in available.items():
        if name in (options.presets or available):
            measured = {name: top | train_seeds(name, preset, data, options)}
            known = results.read(folder).get("presets", {"presets": {}})["presets"] | measured
            result = {"part": "presets", "presets": {key: known[key] for key in available if key in known}}
            results.write(result, folder)
            if options.is_whole("presets") and data.name == "mnist":
                write_text(packaged.REACHED, reached_text(result))
    return result


def train_seeds(
    name: str, given: Hyperparameters, data: Dataset, options: Options, samples: int | None = None
) -> dict[str, Any]:
    """Train with the same hyperparameters for every seed.

    Parameters
    ----------
    name : str
        Name in progress messages.
    given : Hyperparameters
    data : Dataset
    options : Options
        Number of seeds and threads; `quick` means few epochs.
    samples : int or None
        Number of training samples, from the first on; None for all.

    Returns
    -------
    dict
        `recipe` (the hyperparameters), `n_params`, `samples`, `load` (the machine's load average beforehand), and lists
        with a value for each seed: `seeds`, `accuracy` (on the test set, at the end), `seconds` (in training, from the
        History), `fit_seconds` (the whole call of `fit`, with checks and packing of the data) and `threads`.
    """
    if options.quick:
        given = dataclasses.replace(given, epochs=min(given.epochs, QUICK_EPOCHS))
    X, y = data.train.X[:samples], data.train.y[:samples]
    load = results.load_average()
    _warm_up(given, data, options.threads)
    runs: list[dict[str, Any]] = []
    for seed in range(options.seeds or (QUICK_SEEDS if options.quick else SEEDS)):
        trainer = trainer_for(given, data, seed, options.threads)
        started = time.perf_counter()
        history = trainer.fit(X, y, given.epochs)
        fit_seconds = time.perf_counter() - started
        accuracy = trainer.network.accuracy(*data.test)
        notice(f"{name}, seed {seed}: {accuracy:.2%} in {history.seconds:.3f} s, threads: {trainer.threads}")
        numbers = {"accuracy": accuracy, "seconds": history.seconds, "fit_seconds": fit_seconds}
        runs.append({"seeds": seed} | numbers | {"threads": trainer.threads})
    about = {"recipe": given.to_dict(), "n_params": trainer.network.n_params, "samples": len(X), "load": load}
    return about | {value: [each[value] for each in runs] for value in runs[0]}


def trainer_for(given: Hyperparameters, data: Dataset, seed: int, threads: int | None) -> Trainer:
    """Return a Trainer with a new network for a data set."""
    return make_trainer(given, data.train.X.shape[1], data.classes, data.image_shape, seed, threads)


def _warm_up(given: Hyperparameters, data: Dataset, threads: int | None) -> None:
    X = data.train.X[:WARM_UP]
    labels = np.random.default_rng(0).integers(len(data.classes), size=len(X))
    trainer_for(given, data, 0, threads).fit(X, labels, epochs=1)


def reached_text(result: dict[str, Any]) -> str:
    """Return the text of `presets_reached.json` for a result: medians and ranges by preset."""
    found = {}
    for name, measured in result["presets"].items():
        recipe = measured["recipe"]  # older results lack the hyperparameters that were added later
        found[name] = {
            "recipe": recipe | Hyperparameters(**recipe).to_dict(),
            "n_params": measured["n_params"],
            "seeds": len(measured["seeds"]),
            "accuracy": _spread(measured["accuracy"]),
            "seconds": _spread(measured["seconds"]),
            "threads": statistics.mode(measured["threads"]),
            "load": round(measured["load"] or 0, 1),
            "dataset": measured["dataset"],
            "cpu": measured["machine"]["cpu"],
            "cores": measured["machine"]["cores"],
            "date": measured["date"],
        }
    return json.dumps(found, indent=1, allow_nan=False) + "\n"


def _spread(values: list[float]) -> dict[str, float]:
    spread = {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}
    return {name: round(value, 5) for name, value in spread.items()}
