"""The commands that use a model file: `fastmlp evaluate` and `fastmlp predict`."""

import sys

import click

from fastmlp.cli.options import DATA, JSON, load_data, print_result
from fastmlp.errors import InputError


@click.command()
@click.argument("model", type=click.Path())
@DATA
@JSON
def evaluate(model: str, data: str | None, as_json: bool) -> None:
    """Test a model file on a data set's test samples."""
    from fastmlp.cli.evaluation import evaluate_network
    from fastmlp.cli.summaries import evaluation_summary
    from fastmlp.network.model_file import load_network
    from fastmlp.system.terminal import announce_compiling

    announce_compiling()
    evaluation = evaluate_network(load_network(model), load_data(data))
    print_result({"model": model} | evaluation.to_json(), evaluation_summary(model, evaluation), as_json)


@click.command()
@click.argument("model", type=click.Path())
@click.argument("images", nargs=-1, required=True, type=click.Path(), metavar="IMAGE...")
def predict(model: str, images: tuple[str, ...]) -> None:
    """Say which digit each picture shows.

    PNG, JPEG or any picture that Pillow reads: dark ink on paper, or light on dark. All outputs are shown as bars.
    """
    from fastmlp.cli.summaries import PICTURE_INPUTS, prediction_text
    from fastmlp.datasets.digit_picture import read_digit
    from fastmlp.network.model_file import load_network
    from fastmlp.system.terminal import announce_compiling, notice

    announce_compiling()
    network = load_network(model)
    n_in = network.sizes[0]
    if n_in != PICTURE_INPUTS:
        raise InputError(f"{model!r} takes {n_in} inputs: `predict` reads pictures for networks of 28x28.")
    unread = 0
    for image in images:
        try:
            pixels = read_digit(image)
        except InputError as error:
            notice(f"fastmlp: {error}")
            unread += 1
        else:
            outputs = network.predict_proba(pixels[None, :])[0]
            print(prediction_text(image, outputs, network.classes))
    if unread:
        sys.exit(2)
