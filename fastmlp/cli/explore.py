"""fastmlp explore: experiments about what a network has learned, and the folder with their report."""

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fastmlp.cli.options import DATA, JSON, LABEL, load_data, print_result
from fastmlp.errors import InputError, shown
from fastmlp.system.terminal import announce_compiling, notice, on_terminal

if TYPE_CHECKING:
    from fastmlp.datasets.dataset import Dataset
    from fastmlp.explore.lab import Lab
    from fastmlp.inputs.schema import Schema


class Bar:
    """Progress of an experiment's trainings: a bar on a terminal, else one line."""

    def __init__(self) -> None:
        self.bar: Any = None

    def start(self, n_networks: int) -> None:
        """Begin to show the training of so many networks."""
        from tqdm import tqdm

        title = f"  training {n_networks} network{'s' if n_networks > 1 else ''}"
        if not on_terminal():
            notice(f"{title} ...")
        form = "{desc}: {percentage:3.0f} % {bar} {elapsed} so far, {remaining} left"
        self.bar = tqdm(total=1.0, desc=title, bar_format=form, leave=False, delay=1, disable=not on_terminal())

    def update(self, fraction: float) -> None:
        """Show that this fraction of all the work is done."""
        self.bar.update(max(0.0, fraction - self.bar.n))

    def close(self) -> None:
        """Remove the bar from the screen."""
        self.bar.close()


def run_explore(
    name: str,
    model: str | None,
    data: "Callable[[Schema | None], Dataset]",
    shape: str | None,
    image: str | None,
    seed: int,
    folder: Path | None,
) -> dict[str, Any]:
    """Run one experiment or all, write the report, and return the content of facts.json and the path of the report.

    Parameters
    ----------
    name : str
        A key of EXPERIMENTS, or "all".
    model : str or None
        Path of a model file.
    data : function that returns the Dataset for the schema of the network, if it has one
        Called after the names and paths were checked.
    shape : str or None
        Height and width of an image between commas; None for those of the data set.
    image : str or None
        Path of a picture for the experiment `activations`; the others take none.
    seed : int
    folder : Path or None
        Folder of the results; None for runs/explore-<name>.

    Raises
    ------
    InputError
        An unknown name, a file that can't be read, a shape or a network that does not fit the data, or a folder that
        can't be written or that another run is writing to.
    """
    from fastmlp.explore.experiments import EXPERIMENTS, find_experiment
    from fastmlp.explore.report import write_report
    from fastmlp.plots.style import quiet_matplotlib
    from fastmlp.system.files import writable_folder
    from fastmlp.system.locks import FolderLock

    names = list(EXPERIMENTS) if name == "all" else [name]
    find_experiment(names[0])
    if image is not None and "activations" not in names:
        raise InputError(
            f"--image is for the experiment activations: {name} does not look at one picture; leave it out."
        )
    lab = _make_lab(model, data, shape, image, seed)
    existed = folder is not None and folder.exists()
    out = writable_folder(folder or Path("runs") / f"explore-{name}")
    quiet_matplotlib()
    try:
        with FolderLock(out):
            result = write_report(names, lab, out, notice)
    except BaseException:
        if not existed:
            with contextlib.suppress(OSError):  # it may hold the results of experiments that have ended
                out.rmdir()
        raise
    return result | {"report": str(out / "report.html")}


def _make_lab(
    model: str | None, data: "Callable[[Schema | None], Dataset]", shape: str | None, image: str | None, seed: int
) -> "Lab":
    """Return the Lab for the options of the command."""
    from fastmlp.datasets.digit_picture import read_digit
    from fastmlp.explore.cache import default_store
    from fastmlp.explore.lab import Lab
    from fastmlp.inputs.checks import as_seed
    from fastmlp.network.model_file import load_network

    seed = as_seed(seed)
    network = load_network(model) if model is not None else None
    pixels = read_digit(image) if image is not None else None
    dataset = data(None if network is None else network.schema)
    dataset = dataset if shape is None else with_shape(dataset, shape)
    if pixels is not None and dataset.image_shape != (28, 28):
        raise InputError("--image is read for data sets of 28x28 images: leave it out to see a test image.")
    return Lab(dataset, network, seed=seed, image=pixels, store=default_store(), progress=Bar())


def with_shape(data: "Dataset", shape: str) -> "Dataset":
    """Return the data set with images of the shape "height,width".

    Raises
    ------
    InputError
        The text is not a shape, or the samples have another number of values.
    """
    n_in = data.train.X.shape[1]
    sides = shape.split(",")
    if len(sides) != 2 or not all(side.strip().isdecimal() for side in sides):
        raise InputError(f"--shape is {shown(shape)}: pass height and width, such as 28,28.")
    height, width = map(int, sides)
    if height * width != n_in:
        raise InputError(f"--shape is {shown(shape)}, and the samples of {data.name} have {n_in} values.")
    return dataclasses.replace(data, image_shape=(height, width))


@click.command()
@click.argument("name", metavar="NAME|all")
@click.option(
    "--model", type=click.Path(), help="The network to look at.  [default: the lecture's, trained on the data]"
)
@DATA
@LABEL
@click.option(
    "--shape",
    metavar="HEIGHT,WIDTH",
    help="Shape of an image, if the data set does not give it: for flat samples that are not square images.",
)
@click.option("--image", type=click.Path(), help="A picture for `activations` to show.  [default: a test image]")
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of all random numbers and trainings.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder for report.html, the figures and facts.json.  [default: runs/explore-NAME]",
)
@JSON
def explore(
    name: str, data: str | None, label: tuple[str, ...], seed: int, out: Path | None, as_json: bool, **options: Any
) -> None:
    """See what a network has learned: one of the lecture's questions, or all of them.

    The questions: weights, activations, noise, none-of-these, shuffled-labels, label-noise, minima, landscape,
    gradient, dream, mistakes, data-size, edges.

    Networks that are trained for an experiment are kept in the user's cache, so that a second run is immediate.
    """
    from fastmlp.datasets.reading import Reading
    from fastmlp.explore.report import summary

    announce_compiling()
    model, shape, image = (options[each] for each in ("model", "shape", "image"))

    def load(known: "Schema | None") -> "Dataset":
        return load_data(data, Reading(labels=label, seed=seed, known=known))

    result = run_explore(name, model, load, shape, image, seed, out)
    print_result(result, summary(result), as_json)
