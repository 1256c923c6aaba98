"""The command `fastmlp predict`."""

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fastmlp.cli.options import JSON, print_result
from fastmlp.errors import InputError, printable

if TYPE_CHECKING:
    from fastmlp.datasets.unlabelled import NewSamples
    from fastmlp.network.network import Network

MOST_ROWS = 10
"""Rows of a table whose predictions are printed; --out writes all."""


@click.command()
@click.argument("model", type=click.Path())
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="INPUT...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Write the answers here: a row for each sample, with the label and all outputs.",
)
@JSON
def predict(model: str, inputs: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """Say what each sample is: pictures, folders of pictures, or the rows of a table.

    Samples are prepared as those were that the network was trained on. For digits in the form of MNIST's: any picture
    that Pillow reads, dark ink on paper or light on dark. All outputs of a picture are shown as bars.
    """
    from fastmlp.datasets.unlabelled import files_in, read_samples
    from fastmlp.network.model_file import load_network
    from fastmlp.system.input_files import resolved
    from fastmlp.system.terminal import announce_compiling, notice

    announce_compiling()
    if out is not None and resolved(out) in map(resolved, (Path(model), *inputs)):
        raise InputError(f"--out {out} would replace an input: choose another file.")
    network = load_network(model)
    answers: list[dict[str, Any]] = []
    unread = 0
    waiting = list(inputs)
    while waiting:
        path = waiting.pop(0)
        try:
            if path.is_dir():
                waiting[:0] = files_in(path)
                continue
            samples = read_samples(path, network.sizes[0], network.schema)
            found = _answers(network, samples, path)
        except InputError as error:
            notice(f"fastmlp: {error}")
            unread += 1
        else:
            answers += found
            if not as_json:
                _print_answers(network, samples, path, found)
    if out is not None and answers:
        _write(out, answers)
        notice(f"written: {out}")
    if as_json:
        print_result({"model": model, "predictions": answers}, f"{len(answers):,} predictions", as_json)
    if unread:
        sys.exit(2)


def _answers(network: "Network", samples: "NewSamples", path: Path) -> list[dict[str, Any]]:
    """Return for each sample its file and row, the label, and the outputs by name; or the targets of a regression."""
    outputs = network.predict_proba(samples.X).tolist()
    found = []
    for name, values in zip(samples.names, outputs, strict=True):
        answer: dict[str, Any] = {"input": str(path)} | ({} if samples.are_pictures else {"row": int(name)})
        by_name = dict(zip(network.classes, values, strict=True))
        if network.loss != "regression":
            answer["label"] = max(by_name, key=by_name.__getitem__)
        found.append(answer | {"outputs": by_name})
    return found


def _print_answers(network: "Network", samples: "NewSamples", path: Path, found: list[dict[str, Any]]) -> None:
    """Print bars for a picture, or a line for each of the first rows of a table."""
    import numpy as np

    from fastmlp.cli.summaries import certainty_text, prediction_text

    is_regression = network.loss == "regression"
    if samples.are_pictures and not is_regression:
        print(prediction_text(str(path), np.array(list(found[0]["outputs"].values())), network.classes))
        return
    for answer in found[:MOST_ROWS]:
        outputs = answer["outputs"]
        if is_regression:
            text = ", ".join(f"{name} {value:.6g}" for name, value in outputs.items())
        else:
            text = f"{answer['label']}, {certainty_text(np.array(list(outputs.values())), network.classes)}"
        row = "" if samples.are_pictures else f", row {answer['row']}"
        print(f"{printable(str(path))}{row}: {text}")
    if len(found) > MOST_ROWS:
        print(f"... and {len(found) - MOST_ROWS:,} more rows: --out FILE.csv writes all")


def _write(out: Path, answers: list[dict[str, Any]]) -> None:
    """Write the answers as CSV, whole or not at all."""
    from fastmlp.system.files import write_text

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    first = answers[0] if answers else {"outputs": {}}
    keys = [key for key in ("input", "row", "label") if any(key in answer for answer in answers)]
    writer.writerow([*keys, *first["outputs"]])
    for answer in answers:
        writer.writerow([*(answer.get(key, "") for key in keys), *answer["outputs"].values()])
    write_text(out, text.getvalue())
