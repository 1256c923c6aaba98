"""`python -m benchmarks`, or `fastmlp bench`: the whole comparison, or some parts of it."""

import sys
import time

import click

from benchmarks import accuracy, costs, figures, presets, results, roofline, speed, speedrun, sweeps, tables
from benchmarks.arena import ContestantError
from benchmarks.contestants import CONTESTANTS
from benchmarks.workloads import WORKLOADS
from fastmlp.errors import InputError
from fastmlp.plots import save_figure
from fastmlp.presets import load_presets
from fastmlp.terminal import duration, notice

PARTS = {
    "speed": (speed.run, {"contestant", "workload"}),
    "accuracy": (accuracy.run, {"contestant", "workload", "preset", "seeds"}),
    "costs": (costs.run, {"contestant", "workload"}),
    "widths": (sweeps.run_widths, {"contestant"}),
    "batches": (sweeps.run_batches, {"contestant"}),
    "roofline": (roofline.run, set()),
    "presets": (presets.run, {"preset", "seeds", "threads"}),
    "speedrun": (speedrun.run, {"seeds", "threads"}),
}
"""What runs each part, and which options it knows."""
LONG = ("presets", "speedrun")
"""Parts that must be named to be run."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)), metavar="[PART]...")
@click.option(
    "--quick",
    is_flag=True,
    help="Few rounds, seeds and samples: does everything work? Results in benchmarks/results/quick/.",
)
@click.option(
    "--workload", "workloads", multiple=True, type=click.Choice(list(WORKLOADS)), help="Only this one; again for more."
)
@click.option(
    "--contestant",
    "contestants",
    multiple=True,
    type=click.Choice(list(CONTESTANTS)),
    help="Only this one; again for more.",
)
@click.option(
    "--preset",
    "chosen",
    multiple=True,
    type=click.Choice(list(load_presets())),
    help="Only this one, in the parts presets and accuracy; again for more.",
)
@click.option("--seeds", type=click.IntRange(1), metavar="N", help="In presets, speedrun and accuracy.  [default: 10]")
@click.option(
    "--threads",
    type=click.IntRange(1),
    metavar="N",
    help="In presets and speedrun.  [default: as `fastmlp train` chooses them]",
)
def bench(
    parts: tuple[str, ...],
    quick: bool,
    workloads: tuple[str, ...],
    contestants: tuple[str, ...],
    chosen: tuple[str, ...],
    seeds: int | None,
    threads: int | None,
) -> None:
    """Compare fastmlp with NumPy, PyTorch, JAX and scikit-learn, those that are installed.

    Parts: speed (an epoch of every workload), accuracy (time to an accuracy, accuracy of presets beside NumPy's), costs
    (start, compiling, memory), widths and batches (samples a second), roofline (matrix products against the machine's
    limit); all of these without any, which takes about an hour and a half on 2 cores. And those that must be named, of
    fastmlp alone: presets (what each comes to; about 40 minutes, see --preset) and speedrun (the records of
    docs/speedrun.md).
    Tables go to standard output, the values of every round and pictures to benchmarks/results/; those of a choice of
    workloads, contestants or seeds to its folder partial, so that they don't replace what is published.
    """
    options = results.Options(contestants, workloads, quick, chosen, seeds, threads)
    parts = tuple(dict.fromkeys(parts or (part for part in PARTS if part not in LONG)))
    given = {"contestant": contestants, "workload": workloads, "preset": chosen, "seeds": seeds, "threads": threads}
    for name in (name for name, value in given.items() if value):
        if not any(name in PARTS[part][1] for part in parts):
            knowing = ", ".join(part for part, (_, known) in PARTS.items() if name in known)
            raise InputError(f"--{name} says nothing to {', '.join(parts)}: it is for {knowing}.")
    for part in parts:
        started = time.perf_counter()
        busy = results.load_average()
        if busy is not None and busy > 0.7:
            notice(f"*** Other programs are running (load {busy:.1f}): the figures will not be worth much.")
        result = PARTS[part][0](options) | {"seconds": round(time.perf_counter() - started, 1)}
        print(f"\n{tables.report(result)}\n", flush=True)
        notice(f"{part} took {duration(result['seconds'])}")
        path = results.write(result, options.folder(part))
        figure = figures.draw(result)
        if figure is not None:
            save_figure(figure, path.with_suffix(".png"))
        notice(f"written: {path}" + ("" if figure is None else f" and {part}.png"))


def main() -> None:
    """Run the command; end with 0, with 2 and a line for bad input, or with 130 for Ctrl-C."""
    try:
        bench.main(prog_name="python -m benchmarks", standalone_mode=False)
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
