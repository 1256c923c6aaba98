"""Experiments run one after another into a folder: PNGs, facts.json and a report.html that needs no other file.

Called by the command `explore`.
"""

import html
import json
import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastmlp.errors import InputError
from fastmlp.explore import EXPERIMENTS, Lab, experiment
from fastmlp.explore.finding import inline_image, png
from fastmlp.files import write_bytes, write_text

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5em; border-top: 1px solid #ccc; padding-top: 1em; }
.about { color: #555; } img { max-width: 100%; } summary { cursor: pointer; }
table { border-collapse: collapse; font-size: 14px; } td { padding: 0.1em 1em 0.1em 0; vertical-align: top; }
td + td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
"""
LONGEST_LIST = 16
"""Numbers of a list that a table of the report shows; facts.json has them all."""


def write_report(names: Sequence[str], lab: Lab, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run experiments and write their PNGs, facts.json and report.html into `folder`; return what facts.json holds.

    The files of an experiment are written when it ends. One that raises an InputError has its sentence in the report,
    and the others go on. After Ctrl-C the report has those that ended, and KeyboardInterrupt goes on.

    Parameters
    ----------
    names : sequence of str
        Keys of EXPERIMENTS.
    folder : Path
        Exists and can be written.
    tell : function of str
        Gets a line for each experiment.

    Raises
    ------
    InputError
        None of the experiments can be made on this data.
    """
    for name in names:
        experiment(name)
    started = time.perf_counter()
    done: dict[str, Any] = {}
    sections: list[str] = []
    refused: InputError | None = None

    def write() -> dict[str, Any]:
        about = {"dataset": lab.data.name, "network": lab.about_network, "seed": lab.seed}
        result = about | {"seconds": time.perf_counter() - started, "experiments": done}
        write_text(folder / "facts.json", json.dumps(result, indent=1, allow_nan=False))
        write_text(folder / "report.html", _page(result, sections))
        return result

    try:
        for name in names:
            tell(f"{name}: {EXPERIMENTS[name].question}")
            begun = time.perf_counter()
            try:
                finding = EXPERIMENTS[name].run(lab)
            except InputError as error:
                refused = error
                done[name] = {"not_applicable": str(error)}
                sections.append(_section(name, str(error), [], {}))
                continue
            images = [png(figure) for figure in finding.figures]
            files = [f"{name}{f'-{number}' if number > 1 else ''}.png" for number in range(1, len(images) + 1)]
            for file, image in zip(files, images, strict=True):
                write_bytes(folder / file, image)
            seconds = time.perf_counter() - begun
            done[name] = {"facts": finding.facts, "text": finding.text, "figures": files, "seconds": seconds}
            sections.append(_section(name, finding.text, images, finding.facts))
    except KeyboardInterrupt:
        if done:
            write()
        raise
    if refused is not None and all("not_applicable" in each for each in done.values()):
        raise refused
    return write()


def _section(name: str, text: str, images: Sequence[bytes], facts: dict[str, Any]) -> str:
    about = EXPERIMENTS[name]
    figures = "\n".join(f"<p>{inline_image(image, alt=about.question)}</p>" for image in images)
    rows = [f"<tr><td>{html.escape(key)}</td><td>{html.escape(value)}</td></tr>\n" for key, value in _rows(facts)]
    numbers = "".join(rows)
    table = f"<details><summary>The numbers</summary><table>\n{numbers}</table></details>" if facts else ""
    return (
        f'<h2 id="{name}">{html.escape(about.question)}</h2>\n'
        f'<p class="about">{name} &middot; {html.escape(about.source)}</p>\n'
        f"{figures}\n<p>{html.escape(text)}</p>\n{table}\n"
    )


def _rows(facts: Any, name: str = "") -> list[tuple[str, str]]:
    """Return every number of nested dicts and lists with its path, long lists in one row."""
    if isinstance(facts, dict):
        return [row for key, value in facts.items() for row in _rows(value, f"{name} / {key}" if name else str(key))]
    if isinstance(facts, list) and facts and isinstance(facts[0], dict | list):
        return [row for number, value in enumerate(facts, 1) for row in _rows(value, f"{name} / {number}")]
    if isinstance(facts, list | tuple):
        more = f", ... ({len(facts)} in all)" if len(facts) > LONGEST_LIST else ""
        return [(name, ", ".join(map(_number, facts[:LONGEST_LIST])) + more)]
    return [(name, _number(facts))]


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _page(result: dict[str, Any], sections: Sequence[str]) -> str:
    links = " &middot; ".join(f'<a href="#{name}">{name}</a>' for name in result["experiments"])
    about = f"{result['network']} on {result['dataset']}, seed {result['seed']}; made in {result['seconds']:.0f} s."
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<title>What the network has learned</title>\n"
        f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style>\n</head>\n<body>\n'
        f'<h1>What the network has learned</h1>\n<p class="about">{html.escape(about)}</p>\n<p>{links}</p>\n'
        + "\n".join(sections)
        + "</body>\n</html>\n"
    )


def summary(result: dict[str, Any]) -> str:
    """Return what the command prints: each experiment's paragraph, and where the report is."""
    parts = []
    for name, each in result["experiments"].items():
        text = each.get("text") or each["not_applicable"]
        paragraph = textwrap.fill(text, 110, initial_indent="  ", subsequent_indent="  ")
        parts.append(f"{name}: {EXPERIMENTS[name].question}\n{paragraph}")
    return "\n\n".join([*parts, f"report  {result['report']}"])
