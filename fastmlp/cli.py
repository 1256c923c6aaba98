"""The command `fastmlp`: options and errors, no logic of its own. Imports what does the work when a command runs."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from fastmlp import __version__
from fastmlp.errors import InputError


class Hidden(click.ParamType[tuple[int, ...]]):
    """Hidden layers: widths between commas, or none."""

    name = "16,16"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> tuple[int, ...]:
        """Return the widths."""
        if isinstance(value, tuple):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            widths = tuple(int(width) for width in value.split(","))
        except ValueError:
            widths = (0,)
        if min(widths) < 1:
            raise InputError(f"--hidden is {value!r}: pass positive widths between commas, such as 16,16, or none.")
        return widths


class Held(click.ParamType[float]):
    """Samples to hold out: a share or a number."""

    name = "share|n"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> float:
        """Return a float for a share, an int for a number."""
        for kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                pass
        raise InputError(f"--validation is {value!r}: pass a share such as 0.1, or a number of samples.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="fastmlp")
def cli() -> None:
    """Train multilayer perceptrons on the CPU, fast: start with `fastmlp train`."""


DATA = click.option(
    "--data",
    metavar="NAME|PATH",
    help="A data set's name (see `fastmlp data list`), or a file or folder.  [default: mnist]",
)
JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as one JSON object, the last line of output."
)


@cli.command()
@click.option(
    "--preset",
    default="lecture",
    show_default=True,
    metavar="NAME",
    help="The recipe that the other options change: see `fastmlp presets`.",
)
@DATA
@click.option("--hidden", type=Hidden(), help="Widths of the hidden layers, or none.")
@click.option(
    "--activation",
    metavar="NAME",
    help="Of the hidden layers: sigmoid, tanh, relu, leaky_relu, elu, silu, gelu, softplus or identity.",
)
@click.option("--loss", metavar="NAME", help="squared_error (sigmoid outputs) or cross_entropy (softmax outputs).")
@click.option(
    "--optimizer", metavar="NAME", help="sgd, momentum, nesterov, rmsprop, adam or adamw (rates of about 0.001)."
)
@click.option("--learning-rate", type=float, metavar="F", help="The length of a step.")
@click.option(
    "--schedule",
    metavar="NAME",
    help="What the rate does: constant, step, exponential, cosine, one-cycle or plateau; with settings as in "
    "step:every=10,factor=0.5 or cosine:warm_up=2 (epochs).",
)
@click.option("--batch-size", type=int, metavar="N", help="Samples in a step.")
@click.option("--epochs", type=int, metavar="N", help="Passes over the training samples.")
@click.option("--momentum", type=float, metavar="F", help="Share of the last step's direction that is kept.")
@click.option("--weight-decay", type=float, metavar="F", help="Share of the weights, times the rate, lost in a step.")
@click.option("--l1", type=float, metavar="F", help="Penalty: F * sum |w|.")
@click.option("--l2", type=float, metavar="F", help="Penalty: F / 2 * sum w^2.")
@click.option("--dropout", type=float, metavar="F", help="Share of the hidden units dropped in each step.")
@click.option("--input-dropout", type=float, metavar="F", help="Share of the inputs dropped in each step.")
@click.option("--label-smoothing", type=float, metavar="F", help="Share of each target spread over all outputs.")
@click.option("--max-norm", type=float, metavar="F", help="Longest vector of weights that lead to a unit.")
@click.option("--clip-norm", type=float, metavar="F", help="Longest gradient.")
@click.option(
    "--augment",
    "augmentation",
    metavar="SETTINGS",
    help="Change the images at random in each epoch: shift=1,rotation=10; also scale, shear, elastic and sigma.",
)
@click.option("--averaging", type=float, metavar="F", help="Test the weights' average over steps: its decay, as 0.999.")
@click.option(
    "--seed", type=int, default=0, show_default=True, metavar="N", help="Of the initial weights and the shuffling."
)
@click.option(
    "--threads", type=int, metavar="N", help="Threads that train together.  [default: the faster of one and all]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where the results go.  [default: a new one in runs/]",
)
@click.option(
    "--validation", type=Held(), help="Training samples held out to be evaluated after each epoch: a share or a number."
)
@click.option(
    "--early-stopping",
    type=int,
    metavar="N",
    help="End after N epochs without a smaller validation loss, with the best weights.",
)
@click.option("--tensorboard", is_flag=True, help="Write event files into the folder of results.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Go on with the training whose results go there, from its last checkpoint, with the options it had.",
)
@JSON
@click.pass_context
def train(
    context: click.Context, /, out: Path | None, threads: int | None, resume: Path | None, as_json: bool, **options: Any
) -> None:
    """Train a network and test it on samples it has never seen.

    Without options: the lecture's network on MNIST. The folder of results gets the model, the history and pictures; and
    about every second a checkpoint, from which --resume goes on if the training is ended by anything.
    """
    from fastmlp.painter import Painter

    with Painter() as painter:  # before what takes long to import
        from fastmlp.report import training_summary
        from fastmlp.run import Run, named_or_default_dataset, resumed_options
        from fastmlp.terminal import announce_compiling, notice

        announce_compiling()
        if resume is not None:
            given = {name for name in options if context.get_parameter_source(name) == ParameterSource.COMMANDLINE}
            options |= resumed_options(resume, {name: options[name] for name in given}, out)
        preset, data, seed = (options.pop(name) for name in ("preset", "data", "seed"))
        others = {name: options.pop(name) for name in ("validation", "early_stopping", "tensorboard")}
        dataset = named_or_default_dataset(data)
        run = Run(preset, options, dataset, seed, threads, resume or out, **others, resume=resume is not None)
        result = run.train(painter.draw)
    summary = training_summary(result)
    if as_json:
        notice(summary)
        print(json.dumps(result, allow_nan=False))
    else:
        print(summary)


@cli.command()
@JSON
def presets(as_json: bool) -> None:
    """List the recipes for `fastmlp train --preset`, and what each was measured to reach."""
    from fastmlp import report
    from fastmlp.terminal import notice

    found = report.presets()
    if as_json:
        notice(report.presets_table(found))
        print(json.dumps(found, allow_nan=False))
    else:
        print(report.presets_table(found))


@cli.command()
@click.argument("model", type=click.Path())
@DATA
@JSON
def evaluate(model: str, data: str | None, as_json: bool) -> None:
    """Test a model file on a data set's test samples."""
    from fastmlp.network import load_network
    from fastmlp.report import evaluation_summary
    from fastmlp.run import evaluate_network, named_or_default_dataset
    from fastmlp.terminal import announce_compiling, notice

    announce_compiling()
    result = {"model": model} | evaluate_network(load_network(model), named_or_default_dataset(data))
    if as_json:
        notice(evaluation_summary(result))
        print(json.dumps(result, allow_nan=False))
    else:
        print(evaluation_summary(result))


@cli.command()
@click.argument("model", type=click.Path())
@click.argument("images", nargs=-1, required=True, type=click.Path(), metavar="IMAGE...")
def predict(model: str, images: tuple[str, ...]) -> None:
    """Say which digit each picture shows.

    PNG, JPEG or any picture that Pillow reads: dark ink on paper, or light on dark. All outputs are shown as bars.
    """
    from fastmlp.network import load_network
    from fastmlp.picture import read_digit
    from fastmlp.report import prediction
    from fastmlp.terminal import announce_compiling

    announce_compiling()
    network = load_network(model)
    if network.sizes[0] != 784:
        raise InputError(f"{model!r} takes {network.sizes[0]} inputs: `predict` reads pictures for networks of 28x28.")
    unread = 0
    for image in images:
        try:
            pixels = read_digit(image)
        except InputError as error:
            print(f"fastmlp: {error}", file=sys.stderr)
            unread += 1
        else:
            print(prediction(image, network.predict_proba(pixels[None, :])[0], network.classes))
    if unread:
        sys.exit(2)


@cli.group("data")
def data_group() -> None:
    """See, find and download data sets."""


@data_group.command("list")
def data_list() -> None:
    """List the named data sets, and where each one is on this machine."""
    from fastmlp.report import datasets

    print(datasets())


@data_group.command("fetch")
@click.argument("name")
def data_fetch(name: str) -> None:
    """Download the data set NAME, unless it is on this machine, and print its folder."""
    from fastmlp.data import fetch_dataset

    print(fetch_dataset(name))


@data_group.command("where")
@click.argument("name", default="mnist")
def data_where(name: str) -> None:
    """Print the folders where the data set NAME [default: mnist] is looked for, in this order."""
    from fastmlp.data import dataset_places

    print("\n".join(map(str, dataset_places(name))))


@data_group.command("show")
@click.argument("name", default="mnist")
@click.option("--augment", "augmentation", default="none", metavar="SETTINGS", help="As in `fastmlp train`.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the augmentation.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="sheet.png", show_default=True, metavar="FILE", help="A PNG file."
)
def data_show(name: str, augmentation: str, seed: int, out: Path) -> None:
    """Draw samples of the data set NAME [default: mnist] as they are, or as augmentation would have them."""
    from fastmlp.data import load_dataset
    from fastmlp.making import augmentation_for
    from fastmlp.plots import save_figure
    from fastmlp.run import sheet

    dataset = load_dataset(name)
    save_figure(sheet(dataset, augmentation_for(augmentation, dataset), seed)(), out)
    print(out)


@cli.command()
@click.argument("name", metavar="NAME|all")
@click.option(
    "--model", type=click.Path(), help="The network to look at.  [default: the lecture's, trained on the data]"
)
@DATA
@click.option(
    "--shape", metavar="HEIGHT,WIDTH", help="Of an image, where the data does not say: flat samples, no squares."
)
@click.option("--image", type=click.Path(), help="A picture that `activations` shows.  [default: a test image]")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of all that is drawn and trained.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where report.html, the pictures and facts.json go.  [default: runs/explore-NAME]",
)
@JSON
def explore(
    name: str,
    model: str | None,
    data: str | None,
    shape: str | None,
    image: str | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    r"""See what a network has learned: one of the lecture's questions, or all of them.

    \b
    weights, activations, noise, none-of-these, shuffled-labels, label-noise, minima, landscape, gradient, dream,
    mistakes, data-size, edges

    Networks that were trained for it are kept in the user's cache: a second run is immediate.
    """
    from fastmlp.explore.command import run_explore
    from fastmlp.explore.report import summary
    from fastmlp.run import named_or_default_dataset
    from fastmlp.terminal import announce_compiling, notice

    announce_compiling()
    result = run_explore(name, model, lambda: named_or_default_dataset(data), shape, image, seed, out)
    if as_json:
        notice(summary(result))
        print(json.dumps(result, allow_nan=False))
    else:
        print(summary(result))


@cli.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sweep(arguments: tuple[str, ...]) -> None:
    """Train many networks: every combination of settings, or a search; `fastmlp sweep --help` lists the options."""
    from fastmlp.sweep.command import sweep as command

    command.main(list(arguments), prog_name="fastmlp sweep", standalone_mode=False)


@cli.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Compare fastmlp with NumPy, PyTorch, JAX and scikit-learn; `fastmlp bench --help` lists the parts."""
    working_copy = Path(__file__).parents[1]
    if not (working_copy / "benchmarks" / "__main__.py").is_file():
        raise InputError(
            "The benchmarks are not part of an installed fastmlp: run `fastmlp bench` from a working copy."
        )
    sys.path.insert(0, str(working_copy))
    from benchmarks.__main__ import bench as command

    command.main(list(arguments), prog_name="fastmlp bench", standalone_mode=False)


def run_command() -> None:
    """Run the command line; end with status 0, with 2 and one line for bad input, or with 130 for Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal can't show is no reason to stop
    try:
        sys.exit(cli.main(prog_name="fastmlp", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except InputError as error:
        _fail(str(error))
    except BrokenPipeError:  # the reader of a pipe has gone; say nothing more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        reason = error.strerror or str(error)
        _fail(f"{error.filename} can't be read or written: {reason}." if error.filename else f"{reason}.")
    except MemoryError as error:
        _fail(f"Not enough memory: {error}.")
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)


def _fail(message: str) -> None:
    print(f"fastmlp: {message}", file=sys.stderr)
    sys.exit(2)
