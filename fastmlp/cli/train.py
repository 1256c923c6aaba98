"""The command `fastmlp train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fastmlp.cli.options import (
    DATA,
    JSON,
    LABEL,
    HeldOut,
    hyperparameter_flags,
    load_data,
    print_result,
    read_hyperparameters,
)

if TYPE_CHECKING:
    from fastmlp.cli.training_run import TrainingRun
    from fastmlp.plots.worker import FigureWorker

RUN_OPTIONS = (
    "preset",
    "data",
    "label",
    "standardize",
    "sample_weights",
    "class_weights",
    "seed",
    "validation",
    "early_stopping",
    "tensorboard",
)
"""The fields of RunOptions that are options of the command."""
RESUME = click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Go on with the training whose results go there, from its last checkpoint, with the options it had.",
)


@click.command()
@click.option(
    "--preset",
    metavar="NAME",
    help="The preset that the other options change: see `fastmlp presets`.  [default: lecture; for tables: table]",
)
@DATA
@LABEL
@click.option(
    "--standardize/--no-standardize",
    default=None,
    help="Subtract each input's mean and divide by its deviation.  [default: for inputs that are no pixels]",
)
@click.option("--sample-weights", metavar="COLUMN", help="Column of a table with the weight of each sample.")
@click.option("--class-weights", metavar="WEIGHTS", help="balanced, or weights by class: cat=2,dog=1.")
@hyperparameter_flags
@click.option(
    "--seed", type=int, default=0, show_default=True, metavar="N", help="Seed of the initial weights and the shuffling."
)
@click.option(
    "--threads", type=int, metavar="N", help="Threads that train together.  [default: the faster of one and all]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of the results.  [default: a new one in runs/]",
)
@click.option(
    "--validation",
    type=HeldOut(),
    help="Training samples held out to be evaluated after each epoch: a fraction or a number.",
)
@click.option(
    "--early-stopping",
    type=int,
    metavar="N",
    help="End after N epochs without a smaller validation loss, with the best weights.",
)
@click.option("--tensorboard", is_flag=True, help="Write event files into the folder of results.")
@RESUME
@JSON
@click.pass_context
def train(
    context: click.Context, /, out: Path | None, threads: int | None, resume: Path | None, as_json: bool, **options: Any
) -> None:
    """Train a network and test it on samples it has never seen.

    Without options: the lecture's network on MNIST. The folder of results gets the model, the history and figures; and
    about every second a checkpoint, from which --resume goes on if the training is ended by anything.
    """
    from fastmlp.plots.worker import FigureWorker

    with FigureWorker() as worker:  # started first: it imports Matplotlib while this process imports Numba
        from fastmlp.system.terminal import announce_compiling

        announce_compiling()
        with _prepared(context, options, out, threads, resume) as run:
            run.train()
            _finish(run, worker, as_json)


def _finish(run: "TrainingRun", worker: "FigureWorker", as_json: bool) -> None:
    """Test the trained network, draw the figures, and print the result, whatever happens to the figures."""
    from fastmlp.cli.summaries import training_summary
    from fastmlp.plots.worker import Undrawn
    from fastmlp.system.terminal import notice

    notice("Testing and drawing ...")
    result, figures = run.test()
    undrawn = Undrawn(tuple(figures))
    try:
        undrawn = worker.draw_figures(figures)
    finally:  # also after Ctrl-C
        names = [path.name for path in undrawn.paths]
        result = result.without(names)
        print_result(result.to_json(), training_summary(result), as_json)
    if names:
        notice(f"There are no figures {', '.join(names)}: {undrawn.reason}")


def _prepared(
    context: click.Context, options: dict[str, Any], out: Path | None, threads: int | None, resume: Path | None
) -> "TrainingRun":
    """Return the TrainingRun of a new training, or of one that goes on."""
    from fastmlp.cli.resume import resumed_options
    from fastmlp.cli.run_options import RunOptions
    from fastmlp.cli.training_run import prepare_run

    changes = read_hyperparameters(options)
    values = {name: options[name] for name in RUN_OPTIONS}
    if resume is None:
        run_options = RunOptions(**values, changes=changes)
    else:
        given = {name: value for name, value in values.items() if _is_given(context, name)}
        run_options = resumed_options(resume, given | changes, out)
    data = load_data(run_options.data, run_options.reading)
    return prepare_run(run_options.for_data(data), data, resume or out, threads, resume=resume is not None)


def _is_given(context: click.Context, name: str) -> bool:
    """Return whether an option stands on the command line, in contrast to its default value."""
    return context.get_parameter_source(name) == ParameterSource.COMMANDLINE
