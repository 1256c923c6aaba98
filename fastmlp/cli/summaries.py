"""Texts that commands print at their end: results of a training, an evaluation, a prediction, and lists."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets import find_dataset
from fastmlp.datasets.catalogue import CATALOGUE
from fastmlp.errors import printable
from fastmlp.presets.describe import network_text, training_text
from fastmlp.presets.presets import FOR_TABLES
from fastmlp.system.terminal import bar, duration, table
from fastmlp.training.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from fastmlp.cli.evaluation import DatasetEvaluation
    from fastmlp.cli.training_result import TrainingResult

BUSY = 1.0
"""Load of the machine (processes that want a core) above which it is reported beside a measured time."""
PICTURE_INPUTS = 28 * 28
"""Number of inputs of networks for pictures as MNIST has them."""


def training_summary(result: "TrainingResult") -> str:
    """Return the table at the end of `train`."""
    n_in, n_out = result.sizes[0], result.sizes[-1]
    tested = f"({result.test_samples:,} samples it has never seen)"
    if result.dataset == "drawn":
        tested += "  *** drawn digits, NOT MNIST ***"
    if result.test_accuracy is not None:
        scores = [("test accuracy", f"{result.test_accuracy:.2%}  {tested}")]
    else:
        scores = [(name, f"{text}  {tested}") for name, text in _regression_rows(result.test_r2, result.test_rmse)]
    accuracy = "" if result.train_accuracy is None else f"  (accuracy {result.train_accuracy:.2%})"
    speed = f"{result.samples_per_second:,.0f} samples/s, threads: {result.threads}"
    network = network_text(result.hyperparameters, n_in, n_out)
    rows = [
        ("network", f"{network}: {result.n_params:,} weights and biases"),
        ("data", result.dataset),
        ("optimizer", f"{training_text(result.trained)}, seed {result.seed}"),
        ("training", f"{duration(result.train_seconds)}, {speed}"),
        ("training loss", f"{result.train_loss:.4f}{accuracy}"),
        *scores,
        ("model", result.model),
        ("beside it", ", ".join(result.beside_it)),
    ]
    if result.validation_accuracy is not None:
        validated = f"accuracy {result.validation_accuracy:.2%} after epoch {result.best_epoch}"
        rows.insert(-2 - len(scores), ("validation", validated))
    rows.append(("try", f"fastmlp predict {result.model} {'PICTURE' if n_in == PICTURE_INPUTS else 'FILE'}"))
    return table(rows)


def _regression_rows(r2: "dict[str, float | None] | None", rmse: "dict[str, float] | None") -> list[tuple[str, str]]:
    """Return a row with the scores of each target of a regression."""
    rows = []
    for name, error in (rmse or {}).items():
        determined = (r2 or {})[name]
        shown_r2 = "none (all values are the same)" if determined is None else f"{determined:.4f}"
        rows.append((f"test, {printable(name)}", f"R2 {shown_r2}, RMSE {error:.4g}"))
    return rows


def evaluation_summary(model: str, evaluation: "DatasetEvaluation") -> str:
    """Return the table of `evaluate` for a model file."""
    loss = evaluation.test_loss
    rows = [
        ("model", model),
        ("data", f"{evaluation.dataset}, {evaluation.test_samples:,} test samples"),
        ("test loss", "not finite" if loss is None else f"{loss:.4f}"),
    ]
    if evaluation.test_accuracy is None:
        return table(rows + _regression_rows(evaluation.test_r2, evaluation.test_rmse))
    rows.append(("test accuracy", f"{evaluation.test_accuracy:.2%}"))
    rows += [(f"  {name}", f"{accuracy:.2%}") for name, accuracy in evaluation.accuracy_by_class.items()]
    return table(rows)


def prediction_text(path: str, outputs: NDArray[Any], classes: Sequence[str]) -> str:
    """Return the lines of `predict` for one picture: the answer, its certainty, and every output as a bar.

    Parameters
    ----------
    path : str
        The picture's file.
    outputs : (n_out,) floats
    classes : sequence of str
        The name of each output.
    """
    best = int(outputs.argmax())
    width = max(len(name) for name in classes)
    lines = [f"{printable(path)}: {classes[best]}, {certainty_text(outputs, classes)}"]
    for name, value in zip(classes, outputs, strict=True):
        mark = " <" if name == classes[best] else ""
        lines.append(f"  {name:>{width}} {value:5.2f} {bar(float(value))}{mark}")
    return "\n".join(lines)


def certainty_text(outputs: NDArray[Any], classes: Sequence[str]) -> str:
    """Return in words how sure the outputs (n_out,) are of the largest: "quite sure (98%)", "or 7: it can't tell"."""
    best = int(outputs.argmax())
    others = np.delete(outputs, best)
    second = others.max(initial=0.0)
    runner_up = classes[int(np.flatnonzero(outputs == second)[-1])] if len(others) else classes[best]
    return _certainty(float(outputs[best]), float(second), runner_up)


def datasets_summary() -> str:
    """Return the table of `data list`: each named data set, its size, and its place on this machine."""
    rows = []
    for name, published in CATALOGUE.items():
        folder = find_dataset(name)
        place = "built in" if not published.files else str(folder or f"not here: fastmlp data fetch {name}")
        rows.append((name, f"{published.n_train:7,} + {published.n_test:6,}  {published.title}\n{place}"))
    return table(rows)


def presets_summary(presets: Mapping[str, Hyperparameters], reached: Mapping[str, dict[str, Any]]) -> str:
    """Return the table of `presets`.

    Parameters
    ----------
    presets : mapping of Hyperparameters
    reached : mapping of dict
        The measurements of presets by name, as `load_reached` returns them. Some presets may have none.
    """
    rows = []
    for name, preset in presets.items():
        measured = reached.get(name)
        parameters = f": {measured['n_params']:,} weights and biases" if measured else ""
        reached_text = "for tables, standardized" if name == FOR_TABLES else _reached_text(measured)
        rows.append((name, f"{network_text(preset)}{parameters}\n{training_text(preset)}\n{reached_text}"))
    return table(rows)


def _reached_text(reached: dict[str, Any] | None) -> str:
    """Return two lines with the accuracy and the time that a preset reached; None stands for not measured."""
    if reached is None:
        return "not measured with these hyperparameters: `python -m benchmarks presets`, in a working copy, measures it"
    accuracy, n = reached["accuracy"], reached["seeds"]
    spread = (
        f" (median of {n} seeds, {accuracy['lowest']:.2%} to {accuracy['highest']:.2%})" if n > 1 else " (one seed)"
    )
    machine = f"{reached['cpu']}, {reached['cores']} cores"
    busy = f", beside other programs (load {reached['load']:.1f})" if reached["load"] > BUSY else ""
    return (
        f"{accuracy['median']:.2%} on {reached['dataset']}'s test set{spread}\n"
        f"{duration(reached['seconds']['median'])} in training on {machine}{busy}"
    )


def _certainty(best: float, second: float, runner_up: str) -> str:
    """Return the largest output in words, and the second largest if the two are less than 0.2 apart."""
    if best - second < 0.2:
        return f"or {runner_up}: it can't tell ({best:.0%} against {second:.0%})"
    if best < 0.5:
        return f"but not sure ({best:.0%})"
    return f"{'quite sure' if best >= 0.9 else 'fairly sure'} ({best:.0%})"
