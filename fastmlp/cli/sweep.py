"""The command `fastmlp sweep`, with a flag for each hyperparameter that a sweep can vary."""

from pathlib import Path
from typing import Any

import click

from fastmlp.cli.options import JSON, LABEL, load_data, print_result
from fastmlp.errors import InputError
from fastmlp.inputs.checks import positive_int
from fastmlp.sweep.settings import SETTINGS, flag

METAVARS = {"layers": "16,16", "whole": "N|RANGE", "number": "F|RANGE", "name": "NAME"}


def _hyperparameters(command: Any) -> Any:
    """Add a flag for each hyperparameter; it may be given several times."""
    for name, setting in reversed(SETTINGS.items()):
        option = click.option(flag(name), name, multiple=True, metavar=METAVARS[setting.kind], help=setting.help)
        command = option(command)
    return command


def _positive(context: click.Context, option: click.Parameter, value: int | None) -> int | None:
    return value if value is None else positive_int(option.opts[0], value)


def _machines(command: Any) -> Any:
    """Add the flags that say where a sweep runs and where its results go."""
    flags = (
        click.option(
            "--jobs",
            type=int,
            callback=_positive,
            metavar="N",
            help="Networks at the same time.  [default: one a core]",
        ),
        click.option(
            "--threads",
            type=int,
            callback=_positive,
            metavar="N",
            help="Threads of each network.  [default: 1; all for the last network]",
        ),
        click.option(
            "--storage", metavar="URL|PATH", help="Database or shared journal.  [default: journal.log in --out]"
        ),
        click.option(
            "--name", metavar="NAME", help="Name of the study in the store.  [default: the file's name, or sweep]"
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            metavar="FOLDER",
            help="Folder of results.  [default: runs/sweep-NAME]",
        ),
    )
    for add_flag in reversed(flags):
        command = add_flag(command)
    return command


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[SWEEP.toml]")
@click.option("--data", metavar="NAME|PATH", help="As for `fastmlp train`.")
@LABEL
@click.option("--preset", metavar="NAME", help="Preset of all that is not swept.  [default: lecture]")
@_hyperparameters
@click.option("--sampler", metavar="NAME", help="grid, random or tpe.  [default: tpe if there are ranges, else grid]")
@click.option("--trials", type=int, metavar="N", help="Combinations to try, for random and tpe.")
@click.option("--seeds", type=int, metavar="N", help="Networks of each combination; the median counts.  [default: 1]")
@click.option(
    "--seed", type=int, metavar="N", help="Seed of the search and of the choice of held-out samples.  [default: 0]"
)
@click.option(
    "--held-out", type=float, metavar="F", help="Fraction of the training samples to judge by.  [default: 0.1]"
)
@click.option(
    "--objective",
    "objectives",
    multiple=True,
    metavar="NAME",
    help="accuracy, seconds or parameters; several for trade-offs.  [default: accuracy]",
)
@click.option("--prune/--no-prune", default=None, help="Stop hopeless networks early, by successive halving.")
@_machines
@JSON
def sweep(
    file: Path | None,
    label: tuple[str, ...],
    jobs: int | None,
    threads: int | None,
    storage: str | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train many networks: every combination of hyperparameters, or a search among them.

    Hyperparameters are flags, each given as often as it has values, or the table [settings] of a TOML file; flags
    replace what the file says. A range is written 0.1:1 or 0.1:1:log. The same command again goes on where it was
    stopped. Started on other machines at the same time, with --storage, it divides the work among them.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise InputError("Sweeps need Optuna: install it with `pip install 'fastmlp[sweep]'`.") from None
    from fastmlp.datasets.reading import Reading
    from fastmlp.sweep.run import run_sweep
    from fastmlp.sweep.summary import summary_json, summary_text
    from fastmlp.system.terminal import announce_compiling

    config = _configuration(file, options)
    announce_compiling()
    folder = out or Path("runs") / f"sweep-{config.name}"
    data = load_data(config.data, Reading(labels=label))
    result = run_sweep(config, folder, storage=storage, jobs=jobs, threads=threads, data=data)
    print_result(summary_json(config, result), summary_text(config, result), as_json)


def _configuration(file: Path | None, options: dict[str, Any]) -> Any:
    """Return the SweepConfig of a sweep file and flags; messages name the line or the flag that is wrong."""
    from fastmlp.sweep.config import SweepConfig
    from fastmlp.sweep.errors import located

    settings = {name: list(options[name]) for name in SETTINGS if options[name]}
    arguments = {name: value for name, value in options.items() if name not in SETTINGS and value not in (None, ())}
    if file is not None:
        return SweepConfig.from_toml(file, settings=settings, **arguments)
    if not settings:
        raise InputError(
            "There is nothing to sweep: pass a sweep file, or hyperparameters such as --hidden 16,16 --hidden 64."
        )
    with located(flag):
        return SweepConfig(settings, **arguments)
