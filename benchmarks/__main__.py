"""The command `python -m benchmarks`: the whole comparison, or some of its sections."""

import sys
import time

import click

from benchmarks import (
    accuracy,
    busy,
    costs,
    estimators,
    figures,
    presets,
    results,
    roofline,
    small,
    speed,
    speedrun,
    sweeps,
    tables,
)
from benchmarks.arena import ContestantError
from benchmarks.contestants import CONTESTANTS
from benchmarks.workloads import WORKLOADS
from fastmlp.errors import InputError
from fastmlp.plots.save import FigureError, drawing, save_figure
from fastmlp.presets.presets import mnist_presets
from fastmlp.system.terminal import duration, notice

SECTIONS = {
    "speed": (speed.run, {"contestant", "workload"}),
    "accuracy": (accuracy.run, {"contestant", "workload", "preset", "seeds"}),
    "busy": (busy.run, {"contestant", "workload"}),
    "small": (small.run, set()),
    "costs": (costs.run, {"contestant", "workload"}),
    "widths": (sweeps.run_widths, {"contestant"}),
    "batches": (sweeps.run_batches, {"contestant"}),
    "roofline": (roofline.run, set()),
    "presets": (presets.run, {"preset", "seeds", "threads"}),
    "speedrun": (speedrun.run, {"seeds", "threads"}),
    "estimators": (estimators.run, {"seeds"}),
}
"""The function that measures each section, and the options that it accepts."""
NAMED = ("presets", "speedrun", "estimators")
"""Sections that run only if they are named."""
BUSY = 0.7
"""Load average above which the machine is too busy for good measurements."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("sections", nargs=-1, type=click.Choice(list(SECTIONS)), metavar="[SECTION]...")
@click.option(
    "--quick",
    is_flag=True,
    help="Few rounds, seeds and samples, to check that everything works. Results in benchmarks/results/quick/.",
)
@click.option(
    "--workload", "workloads", multiple=True, type=click.Choice(list(WORKLOADS)), help="Only this one; may be repeated."
)
@click.option(
    "--contestant",
    "contestants",
    multiple=True,
    type=click.Choice(list(CONTESTANTS)),
    help="Only this one; may be repeated.",
)
@click.option(
    "--preset",
    "chosen",
    multiple=True,
    type=click.Choice(list(mnist_presets())),
    help="Only this one, in the sections presets and accuracy; may be repeated.",
)
@click.option(
    "--seeds", type=click.IntRange(1), metavar="N", help="In presets, speedrun, estimators and accuracy.  [default: 10]"
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    metavar="N",
    help="In presets and speedrun.  [default: chosen as in `fastmlp train`]",
)
def command(
    sections: tuple[str, ...],
    quick: bool,
    workloads: tuple[str, ...],
    contestants: tuple[str, ...],
    chosen: tuple[str, ...],
    seeds: int | None,
    threads: int | None,
) -> None:
    """Compare fastmlp with NumPy, PyTorch, JAX and scikit-learn, if they are installed.

    Sections: speed (an epoch of every workload), accuracy (time to an accuracy, and the presets' accuracy beside
    NumPy's), busy (speed beside a program that keeps one core busy), small (fit and one row of small tables), costs
    (start, compiling, memory), widths and batches (samples per second), roofline (matrix products against the
    machine's limit). Without arguments all of these run, which takes about two hours on 2 cores.
    Three more sections must be named. Two measure fastmlp alone: presets (what each reaches; about 20 minutes, see
    --preset) and speedrun (the records of docs/speedrun.md). The third, estimators, measures those of fastmlp.sklearn
    beside scikit-learn's (3 minutes).
    Tables are written to standard output; the values of every round and figures to benchmarks/results/. Results for a
    selection of workloads, contestants or seeds go to its folder partial, so that they don't replace published ones.
    """
    options = results.Options(contestants, workloads, quick, chosen, seeds, threads)
    sections = tuple(dict.fromkeys(sections or (name for name in SECTIONS if name not in NAMED)))
    given = {"contestant": contestants, "workload": workloads, "preset": chosen, "seeds": seeds, "threads": threads}
    _check_options([name for name, value in given.items() if value], sections)
    for section in sections:
        _measure(section, options)


def _check_options(given: list[str], sections: tuple[str, ...]) -> None:
    """Raise InputError for an option that none of the sections accepts."""
    for name in given:
        if not any(name in SECTIONS[section][1] for section in sections):
            accepting = ", ".join(section for section, (_, accepted) in SECTIONS.items() if name in accepted)
            raise InputError(f"--{name} does not apply to {', '.join(sections)}: it is for {accepting}.")


def _measure(section: str, options: results.Options) -> None:
    """Measure one section; print its tables, and write its result file and figure."""
    started = time.perf_counter()
    load = results.load_average()
    if load is not None and load > BUSY:
        notice(f"*** Other programs are running (load {load:.1f}): the measurements are not reliable.")
    result = SECTIONS[section][0](options) | {"seconds": round(time.perf_counter() - started, 1)}
    print(f"\n{tables.report(result)}\n", flush=True)
    notice(f"{section} took {duration(result['seconds'])}")
    path = results.write(result, options.folder(section))
    notice(f"written: {path}")
    picture = path.with_suffix(".png")
    try:
        with drawing(picture.name):
            figure = figures.draw(result)
            if figure is not None:
                save_figure(figure, picture)
                notice(f"written: {picture}")
    except FigureError as error:  # the results are written, and more sections may follow
        notice(str(error))


def main() -> None:
    """Run the command; end with status 0, with 2 and one line for bad input, or with 130 for Ctrl-C."""
    try:
        command.main(prog_name="python -m benchmarks", standalone_mode=False)
    except click.ClickException as error:
        sys.exit(_failed(error.format_message()))
    except (ContestantError, InputError) as error:
        sys.exit(_failed(str(error)))
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)


def _failed(message: str) -> int:
    notice(f"benchmarks: {message}")
    return 2


if __name__ == "__main__":
    main()
