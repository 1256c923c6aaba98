"""The commands that look at a model file: `fastmlp evaluate` and `fastmlp show`."""

import click

from fastmlp.cli.options import DATA, JSON, LABEL, load_data, print_result


@click.command()
@click.argument("model", type=click.Path())
@DATA
@LABEL
@JSON
def evaluate(model: str, data: str | None, label: tuple[str, ...], as_json: bool) -> None:
    """Test a model file on a data set's test samples, or on all samples if there are no test samples."""
    from fastmlp.cli.evaluation import evaluate_network
    from fastmlp.cli.summaries import evaluation_summary
    from fastmlp.datasets.reading import Reading
    from fastmlp.network.model_file import load_network
    from fastmlp.system.terminal import announce_compiling

    announce_compiling()
    network = load_network(model)
    is_regression = network.loss == "regression"
    reading = Reading(labels=label, is_regression=is_regression, every_row=True, known=network.schema)
    evaluation = evaluate_network(network, load_data(data, reading))
    print_result({"model": model} | evaluation.to_json(), evaluation_summary(model, evaluation), as_json)


@click.command()
@click.argument("model", type=click.Path())
@JSON
def show(model: str, as_json: bool) -> None:
    """Show what is in a model file: the network, its classes, and what it was trained on."""
    from fastmlp.cli.model_card import model_facts, model_summary
    from fastmlp.network.model_file import load_network

    network = load_network(model)
    print_result({"model": model} | model_facts(network), model_summary(model, network), as_json)
