"""What fastmlp's presets come to: each trained as `fastmlp train --preset` does, to its end, for ten seeds.

Test accuracy is looked at once, at the end, and decides nothing. Every value is kept, by preset, each with the
conditions that it was measured in: what is measured again replaces that preset's values alone. `fastmlp presets` has
a short form of them, `fastmlp/presets_reached.json`.
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
from fastmlp import presets
from fastmlp.data import Dataset, Split
from fastmlp.files import write_text
from fastmlp.making import make_trainer
from fastmlp.presets import Recipe, load_presets
from fastmlp.terminal import notice

SEEDS, QUICK_SEEDS, QUICK_EPOCHS = 10, 2, 2
WARM_UP = 2000
"""Samples of the fit that loads all kernels before any is timed. Their labels are drawn."""


def run(options: Options) -> dict[str, Any]:
    """Return the result: `presets` {name: values and conditions}, with those that the result file had before.

    The file is written after each preset: Ctrl-C loses one at most.
    """
    data, recipes = digits_here(), load_presets()
    top = heading("presets", options, data.name)
    result: dict[str, Any] = {}
    for name, recipe in recipes.items():
        if name in (options.presets or recipes):
            measured = top | train_seeds(name, recipe, data, options)
            known = results.read(options.folder("presets")).get("presets", {"presets": {}})["presets"] | {
                name: measured
            }
            result = {"part": "presets", "presets": {key: known[key] for key in recipes if key in known}}
            results.write(result, options.folder("presets"))
            if options.is_whole("presets") and data.name == "mnist":
                write_text(presets.REACHED, reached_text(result))
    return result


def train_seeds(
    name: str, recipe: Recipe, data: Dataset, options: Options, samples: int | None = None
) -> dict[str, Any]:
    """Train a recipe for every seed.

    Parameters
    ----------
    name : str
        For progress.
    recipe : Recipe
    data : Dataset
    options : Options
        How many seeds and threads; few epochs if `quick`.
    samples : int or None
        Train on the first so many; None for all.

    Returns
    -------
    dict
        `recipe`, `n_params`, `samples`, `load` (how many processes wanted a core before), and a list with a value for
        each seed: `seeds`, `accuracy` (of the test set, at the end), `seconds` (in training: the History's),
        `fit_seconds` (the whole call of `fit`, checks and packing of the data too) and `threads`.
    """
    if options.quick:
        recipe = dataclasses.replace(recipe, epochs=min(recipe.epochs, QUICK_EPOCHS))
    X, y = (part[:samples] for part in data.train)
    load = results.load_average()
    _warm_up(recipe, data, options.threads)
    runs: list[dict[str, Any]] = []
    for seed in range(options.seeds or (QUICK_SEEDS if options.quick else SEEDS)):
        trainer = make_trainer(recipe, data, seed, options.threads)
        started = time.perf_counter()
        history = trainer.fit(X, y, recipe.epochs)
        fit_seconds = time.perf_counter() - started
        accuracy = trainer.network.accuracy(*data.test)
        notice(f"{name}, seed {seed}: {accuracy:.2%} in {history.seconds:.3f} s, threads: {trainer.threads}")
        numbers = {"accuracy": accuracy, "seconds": history.seconds, "fit_seconds": fit_seconds}
        runs.append({"seeds": seed} | numbers | {"threads": trainer.threads})
    about = {"recipe": recipe.to_dict(), "n_params": trainer.network.n_params, "samples": len(X), "load": load}
    return about | {value: [each[value] for each in runs] for value in runs[0]}


def _warm_up(recipe: Recipe, data: Dataset, threads: int | None) -> None:
    X = data.train.X[:WARM_UP]
    dummy = dataclasses.replace(data, train=Split(X, np.random.default_rng(0).integers(len(data.classes), size=len(X))))
    make_trainer(recipe, dummy, 0, threads).fit(*dummy.train, epochs=1)


def reached_text(result: dict[str, Any]) -> str:
    """Return what `fastmlp/presets_reached.json` is to hold, from a result: medians and ranges by preset."""
    found = {}
    for name, measured in result["presets"].items():
        found[name] = {
            "recipe": measured["recipe"],
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
