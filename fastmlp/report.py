"""What the commands say at the end: the summary of a training, an evaluation, a prediction, as text."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.data import find_dataset
from fastmlp.data.catalogue import CATALOGUE
from fastmlp.optimizers import OPTIMIZERS
from fastmlp.presets import Recipe, load_presets, load_reached
from fastmlp.terminal import bar, duration, table

BUSY = 1.0
"""A load (processes that want a core) above it is told beside a measured time."""
DRAWN_NOTICE = (
    "*** These are NOT MNIST's digits. No data set was named and MNIST can't be had, so the built-in digits,\n"
    "*** drawn by code, are used. `fastmlp data where` says where MNIST is looked for.\n"
)


def training_summary(result: dict[str, Any]) -> str:
    """Return the table at the end of `train`, from the result that `--json` prints."""
    sizes = "-".join(map(str, result["sizes"]))
    loss = result["loss"].replace("_", " ")
    tested = f"{result['test_accuracy']:.2%}  ({result['test_samples']:,} samples it has never seen)"
    if result["dataset"] == "drawn":
        tested += "  *** drawn digits, NOT MNIST ***"
    settings = {field.name: result[field.name] for field in fields(Recipe)}
    if result["weight_decay"] == OPTIMIZERS[result["optimizer"]].weight_decay:
        settings["weight_decay"] = None
    rows = [
        ("network", f"{sizes}, {result['activation']}, {loss}: {result['n_params']:,} weights and biases"),
        ("data", f"{result['dataset']}"),
        ("rule", f"{recipe_rule(Recipe.from_dict(settings))}, seed {result['seed']}"),
        (
            "training",
            f"{duration(result['train_seconds'])}, {result['samples_per_second']:,.0f} samples/s, "
            f"threads: {result['threads']}",
        ),
        ("training loss", f"{result['train_loss']:.4f}  (accuracy {result['train_accuracy']:.2%})"),
        *(
            [("validation", f"accuracy {result['validation_accuracy']:.2%} after epoch {result['best_epoch']}")]
            if result["validation_accuracy"] is not None
            else []
        ),
        ("test accuracy", tested),
        ("model", result["model"]),
        ("beside it", ", ".join(result["beside_it"])),
    ]
    if result["sizes"][0] == 784:  # what `predict` makes of a picture
        rows.append(("try", f"fastmlp predict {result['model']} PICTURE"))
    return table(rows)


def evaluation_summary(result: dict[str, Any]) -> str:
    """Return the table of `evaluate`, from the result that `--json` prints."""
    rows = [
        ("model", result["model"]),
        ("data", f"{result['dataset']}, {result['test_samples']:,} test samples"),
        ("test loss", "not finite" if result["test_loss"] is None else f"{result['test_loss']:.4f}"),
        ("test accuracy", f"{result['test_accuracy']:.2%}"),
    ]
    rows += [(f"  {name}", f"{share:.2%}") for name, share in result["accuracy_by_class"].items()]
    return table(rows)


def prediction(path: str, outputs: NDArray[Any], classes: Sequence[str]) -> str:
    """Return what the network says of one picture: the answer, how sure it is, and every output as a bar."""
    best = int(outputs.argmax())
    rest = np.delete(outputs, best)
    other = rest.max(initial=0.0)
    runner_up = classes[int(np.flatnonzero(outputs == other)[-1])] if len(rest) else classes[best]
    width = max(len(name) for name in classes)
    lines = [f"{path}: {classes[best]}, {_how_sure(float(outputs[best]), float(other), runner_up)}"]
    for name, value in zip(classes, outputs, strict=True):
        mark = " <" if name == classes[best] else ""
        lines.append(f"  {name:>{width}} {value:5.2f} {bar(float(value))}{mark}")
    return "\n".join(lines)


def datasets() -> str:
    """Return the table of `data list`: each named data set, its size, and where it is on this machine."""
    rows = []
    for name, published in CATALOGUE.items():
        where = find_dataset(name)
        place = "built in" if not published.files else str(where or f"not here: fastmlp data fetch {name}")
        rows.append((name, f"{published.n_train:7,} + {published.n_test:6,}  {published.title}\n{place}"))
    return table(rows)


def presets() -> dict[str, dict[str, Any]]:
    """Return all presets by name, as `presets --json` prints them: `recipe`, and `reached` (None: not measured)."""
    reached = load_reached()
    return {name: {"recipe": recipe.to_dict(), "reached": reached.get(name)} for name, recipe in load_presets().items()}


def presets_table(found: dict[str, dict[str, Any]]) -> str:
    """Return the table of `presets`, from the result that `--json` prints."""
    rows = []
    for name, preset in found.items():
        recipe, reached = Recipe.from_dict(preset["recipe"]), preset["reached"]
        parameters = f": {reached['n_params']:,} weights and biases" if reached else ""
        rows.append((name, f"{recipe_network(recipe)}{parameters}\n{recipe_rule(recipe)}\n{_reached(reached)}"))
    return table(rows)


def _reached(reached: dict[str, Any] | None) -> str:
    if reached is None:
        return "not measured with these settings: `fastmlp bench presets`, from a working copy, does it"
    accuracy, seconds, n = reached["accuracy"], reached["seconds"], reached["seeds"]
    spread = (
        f" (median of {n} seeds, {accuracy['lowest']:.2%} to {accuracy['highest']:.2%})" if n > 1 else " (one seed)"
    )
    where = f"{reached['cpu']}, {reached['cores']} cores"
    tested = f"{accuracy['median']:.2%} on {reached['dataset']}'s test set{spread}"
    busy = f", beside other programs (load {reached['load']:.1f})" if reached["load"] > BUSY else ""
    return f"{tested}\n{duration(seconds['median'])} in training on {where}{busy}"


def recipe_network(recipe: Recipe) -> str:
    """Return a recipe's network for MNIST in words: 784-16-16-10, sigmoid, squared error."""
    sizes = "-".join(map(str, (784, *recipe.hidden, 10)))
    return f"{sizes}, {recipe.activation}, {recipe.loss.replace('_', ' ')}"


def recipe_rule(recipe: Recipe) -> str:
    """Return a recipe's rule in words: the optimizer, what changes its rate, and every method that is on."""
    off = Recipe((), "", "", "", 0, 0, 0)
    said = ("hidden", "activation", "loss", "optimizer", "learning_rate", "batch_size", "epochs", "schedule")
    words = [f"{recipe.optimizer}, learning rate {recipe.learning_rate:g}{_schedule(recipe.schedule)}"]
    words += [f"batches of {recipe.batch_size}", epochs_text(recipe.epochs)]
    for name, value in recipe.to_dict().items():
        if name not in said and value != getattr(off, name):
            words.append(f"{name.replace('_', ' ')} {value}")
    return ", ".join(words)


def epochs_text(epochs: int) -> str:
    """Return 1 epoch, 2 epochs."""
    return f"{epochs} epoch{'s' if epochs > 1 else ''}"


def _schedule(name: str) -> str:
    return "" if name == "constant" else f" ({name})"


def _how_sure(best: float, other: float, runner_up: str) -> str:
    """Return the top output in words, with the second beside it where it comes near."""
    if best - other < 0.2:
        return f"or {runner_up}: it can't tell ({best:.0%} against {other:.0%})"
    if best < 0.5:
        return f"but not sure ({best:.0%})"
    return f"{'quite sure' if best >= 0.9 else 'fairly sure'} ({best:.0%})"
