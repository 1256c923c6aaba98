"""report.html: one page with the pictures and tables of a sweep, which needs no other file; and the PNGs too."""

import base64
import html
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastmlp.files import write_text
from fastmlp.plots import save_figure
from fastmlp.sweep import charts
from fastmlp.sweep.importance import importances
from fastmlp.sweep.plan import Sweep
from fastmlp.sweep.results import MEASURED, described
from fastmlp.sweep.settings import SETTINGS, text

if TYPE_CHECKING:
    from optuna import Study

Rows = Sequence[dict[str, Any]]
MOST_ROWS = 5000
"""Networks in the page's table; results.csv has all."""
NETWORK_COLUMNS = ("seed", "state", *MEASURED, "reason")
WORDS = {"validation_accuracy": "held-out accuracy", "validation_loss": "held-out loss", "n_params": "parameters"}
WHAT_MATTERED = (
    "importance for a good held-out accuracy (PED-ANOVA)",
    "share of the variance of the held-out accuracy",
)


def write_report(sweep: Sweep, study: "Study", rows: Rows, settings: Rows, data: str, folder: Path) -> None:
    """Write the page and its pictures to `folder`, each whole or not at all.

    Parameters
    ----------
    sweep : Sweep
    study : Study
        For what mattered most.
    rows, settings
        As in Result.
    data : str
        The data set's name.
    folder : Path
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its own cache folder is nothing to the reader
    figures = {
        "accuracy-against-width": ("Accuracy against width", charts.accuracy_against_width(settings)),
        "accuracy-against-parameters": (
            "Accuracy against parameters",
            charts.accuracy_against(settings, "n_params", "parameters"),
        ),
        "accuracy-against-seconds": (
            "Accuracy against training time",
            charts.accuracy_against(settings, "seconds", "seconds in training"),
        ),
        "importance": (
            "What mattered most",
            charts.importances(importances(sweep, study, settings), WHAT_MATTERED[sweep.sampler == "grid"]),
        ),
        "parallel-coordinates": (
            "Every combination",
            charts.parallel_coordinates(settings, list(sweep.searched)),
        ),
        "learning-curves": (
            "Learning curves",
            charts.learning_curves(rows, lambda row: f"{described(sweep, row)}, seed {row['seed']}"),
        ),
    }
    parts = []
    for name, (title, figure) in figures.items():
        picture = folder / f"{name}.png"
        if figure is None:
            picture.unlink(missing_ok=True)  # of an earlier look, when there was more
            continue
        figure.suptitle(title)
        save_figure(figure, picture)
        encoded = base64.b64encode(picture.read_bytes()).decode()
        inches = figure.get_figwidth()
        place = ' class="across"' if inches > charts.WIDTH else ""
        parts.append(
            f'<figure{place}><img alt="{title}" style="min-width: {4.3 * inches:.0f}rem" '
            f'src="data:image/png;base64,{encoded}"></figure>'
        )
    write_text(folder / "report.html", _page(sweep, rows, settings, data, "\n".join(parts)))


def _page(sweep: Sweep, rows: Rows, settings: Rows, data: str, pictures: str) -> str:
    states = [row["state"] for row in rows]
    counts = ", ".join(
        f"{states.count(state)} {state}" for state in ("complete", "pruned", "failed") if state in states
    )
    fixed = {**sweep.base, **sweep.fixed}
    facts = [f"{len(settings)} combinations, {len(rows)} networks ({counts})", f"data: {data}"]
    same = [f"{name.replace('_', ' ')} {text(fixed[name])}" for name in SETTINGS if name in fixed]
    facts.append("the same for all: " + ", ".join(same))
    if settings and settings[0]["complete"]:
        best = settings[0]
        facts.append(
            f"best: {described(sweep, best['settings'])}: {best['validation_accuracy']:.2%} of the held-out samples, "
            f"{best['test_accuracy']:.2%} of the test samples"
        )
    searched = list(sweep.searched)
    by_setting = _table(
        [*searched, "validation_accuracy", "lowest", "highest", "test_accuracy", "seconds", "n_params", "networks"],
        [
            [
                *(each["settings"].get(name, "") for name in searched),
                each["validation_accuracy"],
                *each["validation_accuracy_range"],
                *(
                    "" if each[name] is None else each[name]
                    for name in ("test_accuracy", "seconds", "n_params", "networks")
                ),
            ]
            for each in settings
        ],
    )
    names = [name for name in searched if name != "seed"]
    every = _table(
        ["trial", *names, *NETWORK_COLUMNS],
        [[row["trial"], *(row.get(name, "") for name in [*names, *NETWORK_COLUMNS])] for row in rows[:MOST_ROWS]],
    )
    listed = "".join(f"<li>{html.escape(fact)}</li>" for fact in facts)
    more = f"<p>The first {MOST_ROWS:,}; results.csv has all.</p>" if len(rows) > MOST_ROWS else ""
    return PAGE.format(
        title=html.escape("Sweep" if sweep.name == "sweep" else f"Sweep {sweep.name}"),
        facts=listed,
        pictures=pictures,
        settings=by_setting,
        rows=every,
        more=more,
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th{_side(name)}>{html.escape(WORDS.get(name, name.replace('_', ' ')))}</th>" for name in header)
    lines = ["".join(_cell(name, value) for name, value in zip(header, row, strict=True)) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(name: str, value: Any) -> str:
    """Return a cell; what it is sorted by beside what is read, where these differ."""
    if isinstance(value, float) and (name.endswith("accuracy") or name in ("lowest", "highest")):
        return f'<td data-v="{value}">{value:.2%}</td>'
    if isinstance(value, int | float):
        shown = f"{value:,.0f}" if 1000 <= value < 1e9 else text(value)
        return f'<td data-v="{value}">{shown}</td>'
    return f"<td{_side(name)}>{html.escape(text(value))}</td>"


def _side(name: str) -> str:
    return ' class="left"' if name == "reason" else ""


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #222 }}
.pictures {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem }}
figure {{ margin: 0; overflow-x: auto }} figure img {{ width: 100% }} .across {{ grid-column: 1 / -1 }}
h2 {{ font-size: 1.1rem; margin: 1rem 0 .3rem }}
.wide {{ overflow-x: auto; max-height: 40rem }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px }}
th {{ position: sticky; top: 0; background: #fff; cursor: pointer; box-shadow: inset 0 -2px #0072B2 }}
th::after {{ position: absolute; right: 0; font-size: 9px; line-height: 20px }}
th[data-way="1"]::after {{ content: "\\25B2" }} th[data-way="-1"]::after {{ content: "\\25BC" }}
th, td {{ padding: .2rem .6rem; white-space: nowrap; text-align: right }} td {{ border-bottom: 1px solid #ddd }}
.left {{ text-align: left }}
</style></head><body>
<h1>{title}</h1><ul>{facts}</ul>
<div class="pictures">
{pictures}
</div>
<h2>Combinations: medians over the seeds, the best first. A click on a heading sorts.</h2>
<div class="wide">{settings}</div>
<h2>Networks</h2>{more}
<div class="wide">{rows}</div>
<script>
const words = new Intl.Collator("en", {{numeric: true}});  // 8,8 before 16,16
for (const head of document.querySelectorAll("th")) head.onclick = () => {{
  const way = head.dataset.way === "1" ? -1 : 1, column = head.cellIndex, body = head.closest("table").tBodies[0];
  for (const other of head.parentNode.children) delete other.dataset.way;
  head.dataset.way = way;
  const key = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
  const kind = text => text === "" ? 2 : isNaN(text) ? 1 : 0;  // numbers, then words; what is empty lies below
  const rows = [...body.rows].map(row => ({{row, key: key(row), kind: kind(key(row))}}));
  rows.sort((a, b) => (a.kind - b.kind) * (a.kind === 2 || b.kind === 2 ? 1 : way)
    || way * (a.kind ? words.compare(a.key, b.key) : a.key - b.key));
  body.append(...rows.map(each => each.row));
}};
</script></body></html>
"""
