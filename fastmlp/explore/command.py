"""The work of the command `explore`: from names and paths to a Lab and a folder with the report. Called by the CLI."""

import contextlib
import dataclasses
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastmlp.data import Dataset
from fastmlp.errors import InputError
from fastmlp.explore import EXPERIMENTS, Lab, Store, experiment
from fastmlp.explore.report import write_report
from fastmlp.explore.store import default_folder
from fastmlp.inputs import as_seed
from fastmlp.network import load_network
from fastmlp.picture import read_digit
from fastmlp.run import writable_folder
from fastmlp.terminal import notice


class Bar:
    """Shows how far the trainings of an experiment are: a bar on a terminal, else a line."""

    def __init__(self) -> None:
        self._bar: Any = None

    def start(self, n_networks: int) -> None:
        """Show that so many networks are trained now."""
        from tqdm import tqdm

        what = f"  training {n_networks} network{'s' if n_networks > 1 else ''}"
        if not sys.stderr.isatty():
            notice(f"{what} ...")
        form = "{desc}: {percentage:3.0f} % {bar} {elapsed} so far, {remaining} left"
        self._bar = tqdm(total=1.0, desc=what, bar_format=form, leave=False, delay=1, disable=None)

    def move(self, share: float) -> None:
        """Show that this share is done."""
        self._bar.update(max(0.0, share - self._bar.n))

    def stop(self) -> None:
        """Take the bar off the screen."""
        self._bar.close()


def run_explore(
    name: str,
    model: str | None,
    data: Callable[[], Dataset],
    shape: str | None,
    image: str | None,
    seed: int,
    folder: Path | None,
) -> dict[str, Any]:
    """Run the experiment called `name`, or all; return what facts.json holds, with the path of the report.

    Parameters
    ----------
    name : str
        A key of EXPERIMENTS, or "all".
    model : str or None
        The path of a model file.
    data : function that returns the Dataset
        Called once the names and paths are known to be right.
    shape : str or None
        Height and width of an image between commas; None: as the data says.
    image : str or None
        The path of a picture for the experiment `activations`; the others take none.
    seed : int
    folder : Path or None
        Of the results; None: runs/explore-<name>.

    Raises
    ------
    InputError
        An unknown name, a file that can't be read, a shape or a network that does not fit the data, or a folder that
        can't be written.
    """
    names = list(EXPERIMENTS) if name == "all" else [name]
    experiment(names[0])
    if image is not None and "activations" not in names:
        raise InputError(
            f"--image is for the experiment activations: {name} does not look at one picture; leave it out."
        )
    seed = as_seed(seed)
    network = load_network(model) if model is not None else None
    pixels = read_digit(image) if image is not None else None
    dataset = data() if shape is None else with_shape(data(), shape)
    if pixels is not None and dataset.image_shape != (28, 28):
        raise InputError("--image is read for data sets of 28x28 images: leave it out to see a test image.")
    lab = Lab(dataset, network, seed=seed, image=pixels, store=Store(default_folder()), progress=Bar())
    there = folder is not None and folder.exists()
    out = writable_folder(folder or Path("runs") / f"explore-{name}")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its own cache folder is nothing to the reader
    try:
        result = write_report(names, lab, out, notice)
    except BaseException:
        if not there:
            with contextlib.suppress(OSError):  # it may hold what was done before
                out.rmdir()
        raise
    return result | {"report": str(out / "report.html")}


def with_shape(data: Dataset, shape: str) -> Dataset:
    """Return the data set with images of the shape "height,width"; raise InputError where its samples have others."""
    n_in = data.train.X.shape[1]
    sides = shape.split(",")
    if len(sides) != 2 or not all(side.strip().isdecimal() for side in sides):
        raise InputError(f"--shape is {shape!r}: pass height and width, such as 28,28.")
    height, width = map(int, sides)
    if height * width != n_in:
        raise InputError(f"--shape is {shape!r}, and the samples of {data.name} have {n_in} values.")
    return dataclasses.replace(data, image_shape=(height, width))
