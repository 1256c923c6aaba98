"""report.html: one page with the figures and tables of a sweep, which needs no other file, and the figures as PNGs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastmlp.plots.save import FigureError, drawing, inline_image, save_figure
from fastmlp.plots.style import own_settings, quiet_matplotlib
from fastmlp.sweep import charts
from fastmlp.sweep.config import SweepConfig
from fastmlp.sweep.importance import importances
from fastmlp.sweep.results import MEASURED, STATES, describe
from fastmlp.sweep.settings import SETTINGS, value_text
from fastmlp.system.files import write_text

if TYPE_CHECKING:
    from jinja2 import Template
    from matplotlib.figure import Figure
    from optuna import Study

Rows = Sequence[dict[str, Any]]
MOST_ROWS = 5000
"""Networks in the page's table; results.csv has all."""
NETWORK_COLUMNS = ("seed", "state", *MEASURED, "reason")
WORDS = {"validation_accuracy": "held-out accuracy", "validation_loss": "held-out loss", "n_params": "parameters"}
"""Headings that are not spelled as their column."""
REM_AN_INCH = 4.3
"""Width of a figure in the page, below which it scrolls: its labels stay legible on a phone."""


@dataclass(frozen=True)
class Table:
    """A table of the page: the names of its columns, and its rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Picture:
    """A figure in the page.

    Attributes
    ----------
    image : str
        The HTML element, which holds the PNG.
    rem : int
        Least width in the page.
    is_wide : bool
        Whether it takes the whole width of the page.
    """

    image: str
    rem: int
    is_wide: bool


def write_report(
    config: SweepConfig, study: "Study", rows: Rows, combinations: Rows, data: str, folder: Path
) -> str | None:
    """Write the page and its figures to a folder, each file whole or not at all.

    Return the reason of the first figure that can't be drawn or written; the page lacks it. None if all could be.

    Parameters
    ----------
    config : SweepConfig
    study : Study
        For the importance of the hyperparameters.
    rows, combinations
        As in SweepResult.
    data : str
        Name of the data set.
    folder : Path
    """
    quiet_matplotlib()
    pictures, lacking = [], None
    for name, title, draw in _drawings(config, study, rows, combinations):
        path = folder / f"{name}.png"
        try:
            with drawing(path.name):
                figure = draw()
                if figure is None:
                    path.unlink(missing_ok=True)  # an earlier report may have had more to compare
                else:
                    pictures.append(_save(figure, title, path))
        except FigureError as error:
            lacking = lacking or str(error)
    write_text(folder / "report.html", render_page(config, rows, combinations, data, pictures))
    return lacking


def render_page(
    config: SweepConfig, rows: Rows, combinations: Rows, data: str, pictures: Sequence[Picture] = ()
) -> str:
    """Return the page as HTML; the arguments are those of `write_report`."""
    return load_template().render(
        title="Sweep" if config.name == "sweep" else f"Sweep {config.name}",
        facts=_facts(config, rows, combinations, data),
        pictures=pictures,
        combinations=_combination_table(list(config.searched), combinations),
        networks=_network_table(list(config.searched), rows[:MOST_ROWS]),
        most_rows=f"{MOST_ROWS:,}" if len(rows) > MOST_ROWS else "",
    )


@cache
def load_template() -> "Template":
    """Return the page's template, report.html beside this file. All values are escaped, except images."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.globals["zip"] = zip
    environment.filters |= {"heading": _heading, "cell": _cell, "sort_key": _sort_key}
    return environment.get_template("report.html")


def _drawings(
    config: SweepConfig, study: "Study", rows: Rows, combinations: Rows
) -> list[tuple[str, str, "Callable[[], Figure | None]"]]:
    """Return the file name and the title of each picture, and a function that draws it if there is one."""

    def name_of(row: dict[str, Any]) -> str:
        return f"{describe(config, row)}, seed {row['seed']}"

    mattered = importances(config, study, combinations)
    importance = "importance for a good held-out accuracy (PED-ANOVA)"
    if config.sampler == "grid":
        importance = "fraction of the variance of the held-out accuracy"
    width = partial(charts.accuracy_against_width, combinations)
    parameters = partial(charts.accuracy_against, combinations, "n_params", "parameters")
    seconds = partial(charts.accuracy_against, combinations, "seconds", "seconds in training")
    lines = partial(charts.parallel_coordinates, combinations, list(config.searched))
    return [
        ("accuracy-against-width", "Accuracy against width", width),
        ("accuracy-against-parameters", "Accuracy against parameters", parameters),
        ("accuracy-against-seconds", "Accuracy against training time", seconds),
        ("importance", "What mattered most", partial(charts.importance_bars, mattered, importance)),
        ("parallel-coordinates", "Every combination", lines),
        ("learning-curves", "Learning curves", partial(charts.learning_curves, rows, name_of)),
    ]


@own_settings()
def _save(figure: "Figure", title: str, path: Path) -> Picture:
    """Write a figure as PNG, and return it for the page."""
    from markupsafe import Markup

    figure.suptitle(title)
    save_figure(figure, path)
    inches = figure.get_figwidth()
    image = Markup(inline_image(path.read_bytes(), title))  # the title is escaped there
    return Picture(image, round(REM_AN_INCH * inches), inches > charts.WIDTH)


def _facts(config: SweepConfig, rows: Rows, combinations: Rows, data: str) -> list[str]:
    """Return the sentences at the top of the page."""
    states = [row["state"] for row in rows]
    counts = ", ".join(f"{states.count(state)} {state}" for state in STATES if state in states)
    fixed = config.fixed
    same = [f"{name.replace('_', ' ')} {value_text(fixed[name])}" for name in SETTINGS if name in fixed]
    facts = [
        f"{len(combinations)} combinations, {len(rows)} networks ({counts})",
        f"data: {data}",
        "the same for all: " + ", ".join(same),
    ]
    if combinations and combinations[0]["complete"]:
        best = combinations[0]
        facts.append(
            f"best: {describe(config, best['settings'])}: {best['validation_accuracy']:.2%} of the held-out samples, "
            f"{best['test_accuracy']:.2%} of the test samples"
        )
    return facts


def _combination_table(searched: Sequence[str], combinations: Rows) -> Table:
    medians = ("test_accuracy", "seconds", "n_params", "networks")
    rows = [
        [
            *(each["settings"].get(name, "") for name in searched),
            each["validation_accuracy"],
            *each["validation_accuracy_range"],
            *("" if each[name] is None else each[name] for name in medians),
        ]
        for each in combinations
    ]
    return Table([*searched, "validation_accuracy", "lowest", "highest", *medians], rows)


def _network_table(searched: Sequence[str], rows: Rows) -> Table:
    columns = [*(name for name in searched if name != "seed"), *NETWORK_COLUMNS]
    return Table(["trial", *columns], [[row["trial"], *(row.get(name, "") for name in columns)] for row in rows])


def _heading(name: str) -> str:
    """Return the heading of a column."""
    return WORDS.get(name, name.replace("_", " "))


def _sort_key(value: Any) -> float | None:
    """Return the number by which a cell is sorted; None if its text is."""
    return value if isinstance(value, int | float) else None


def _cell(value: Any, name: str) -> str:
    """Return the text of a cell in the column `name`."""
    if isinstance(value, float) and (name.endswith("accuracy") or name in ("lowest", "highest")):
        return f"{value:.2%}"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if 1000 <= value < 1e9 else value_text(value)
    return value_text(value)
