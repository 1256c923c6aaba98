"""The command `fastmlp sweep`: a flag for each setting, no logic of its own. Called by cli."""

import json
from pathlib import Path
from typing import Any

import click

from fastmlp.errors import InputError
from fastmlp.sweep.settings import SETTINGS


def _setting_flags(command: Any) -> Any:
    """Add a flag for each setting that can be swept."""
    for name, setting in reversed(SETTINGS.items()):
        metavar = {"layers": "16,16", "whole": "N|RANGE", "number": "F|RANGE", "name": "NAME"}[setting.kind]
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, multiple=True, metavar=metavar, help=setting.help)(command)
    return command


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[SWEEP.toml]")
@click.option("--data", metavar="NAME|PATH", help="As for `fastmlp train`.")
@click.option("--preset", metavar="NAME", help="The recipe of all that is not swept.  [default: lecture]")
@_setting_flags
@click.option("--sampler", metavar="NAME", help="grid, random or tpe.  [default: grid, or tpe where there are ranges]")
@click.option("--trials", type=int, metavar="N", help="Combinations to try, for random and tpe.")
@click.option(
    "--seeds", type=int, metavar="N", help="Networks of each combination, judged by the median.  [default: 1]"
)
@click.option("--seed", type=int, metavar="N", help="Of the search and of the held-out samples.  [default: 0]")
@click.option("--held-out", type=float, metavar="F", help="Share of the training samples to judge by.  [default: 0.1]")
@click.option(
    "--objective", "objectives", multiple=True, metavar="NAME",
    help="accuracy, seconds or parameters; several for trade-offs.  [default: accuracy]",
)  # fmt: skip
@click.option("--prune/--no-prune", default=None, help="Stop hopeless networks early, by successive halving.")
@click.option("--jobs", type=int, metavar="N", help="Networks at the same time.  [default: one a core]")
@click.option("--threads", type=int, metavar="N", help="Threads of each.  [default: 1; all for the last network]")
@click.option("--storage", metavar="URL|PATH", help="Database, or shared journal.  [default: journal.log in --out]")
@click.option("--name", metavar="NAME", help="Of the study in the store.  [default: the file's name, or sweep]")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Of the results.  [default: runs/sweep-NAME]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object, the last line of output.")
def sweep(
    file: Path | None,
    jobs: int | None,
    threads: int | None,
    storage: str | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Train many networks: every combination of the settings that are given, or a search among them.

    Settings are flags, each given as often as it has values, or the table [settings] of a TOML file; flags replace what
    the file says. A range is written 0.1:1 or 0.1:1:log. The same command again goes on where it was stopped; run at
    the same time on other machines, with --storage, it shares the work.
    """
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise InputError("Sweeps need Optuna: install it with `pip install 'fastmlp[sweep]'`.") from None
    from fastmlp.sweep.plan import Sweep, flag
    from fastmlp.sweep.run import run_sweep
    from fastmlp.sweep.summary import as_json_object, summary
    from fastmlp.terminal import announce_compiling, notice

    settings = {name: list(options.pop(name)) for name in SETTINGS if options[name] or options.pop(name)}
    arguments = {name: value for name, value in options.items() if value not in (None, ())}
    if file is not None:
        plan = Sweep.from_toml(file, settings=settings, **arguments)
    elif settings:
        plan = Sweep(settings, **arguments, where=flag)
    else:
        raise InputError(
            "There is nothing to sweep: pass a sweep file, or settings such as --hidden 16,16 --hidden 64."
        )
    announce_compiling()
    result = run_sweep(plan, out or Path("runs") / f"sweep-{plan.name}", storage=storage, jobs=jobs, threads=threads)
    text = summary(plan, result)
    if as_json:
        notice(text)
        print(json.dumps(as_json_object(plan, result), allow_nan=False))
    else:
        print(text)
