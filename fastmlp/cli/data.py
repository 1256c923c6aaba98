"""The commands `fastmlp data ...`."""

from pathlib import Path

import click

from fastmlp.errors import InputError


@click.group("data")
def data_group() -> None:
    """List, download and show data sets."""


@data_group.command("list")
def data_list() -> None:
    """List the named data sets, and the place of each on this machine."""
    from fastmlp.cli.summaries import datasets_summary

    print(datasets_summary())


@data_group.command("fetch")
@click.argument("name")
def data_fetch(name: str) -> None:
    """Download the data set NAME, unless it is on this machine, and print its folder."""
    from fastmlp.datasets import fetch_dataset

    print(fetch_dataset(name))


@data_group.command("where")
@click.argument("name", default="mnist")
def data_where(name: str) -> None:
    """Print the folders where the data set NAME [default: mnist] is looked for, in this order."""
    from fastmlp.datasets import dataset_places
    from fastmlp.system.places import WHAT_TO_SET

    places = dataset_places(name)
    if not places:
        raise InputError(f"There is no folder for data sets, since no home folder is known: {WHAT_TO_SET}.")
    print("\n".join(map(str, places)))


@data_group.command("show")
@click.argument("name", default="mnist")
@click.option("--augment", "augmentation", default="none", metavar="SETTINGS", help="As in `fastmlp train`.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Seed of the augmentation.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="sheet.png", show_default=True, metavar="FILE", help="A PNG file."
)
def data_show(name: str, augmentation: str, seed: int, out: Path) -> None:
    """Draw samples of the data set NAME [default: mnist], as they are or as an augmentation changes them."""
    from fastmlp.datasets import load_dataset
    from fastmlp.plots.images import sample_sheet
    from fastmlp.plots.save import drawing, save_figure
    from fastmlp.plots.style import quiet_matplotlib
    from fastmlp.training.make import make_augmentation

    quiet_matplotlib()
    dataset = load_dataset(name)
    make_figure = sample_sheet(dataset, make_augmentation(augmentation, dataset.image_shape), seed)
    with drawing(out.name):
        save_figure(make_figure(), out)
    print(out)
