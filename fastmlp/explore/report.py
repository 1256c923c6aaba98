"""Run experiments one after another into a folder: PNGs, facts.json, and a report.html that needs no other file.

The page is made from the template report.html beside this file.
"""

import json
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fastmlp.errors import InputError
from fastmlp.explore.experiments import EXPERIMENTS, find_experiment
from fastmlp.explore.finding import Finding
from fastmlp.explore.lab import Lab
from fastmlp.plots.save import FigureError, drawing, inline_image, png
from fastmlp.system.files import write_bytes, write_text

LONGEST_LIST = 16
"""Numbers of a list that a table of the report shows; facts.json has them all."""


@dataclass(frozen=True)
class Section:
    """The section of the report about one experiment."""

    name: str
    text: str
    images: list[bytes] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)

    @property
    def question(self) -> str:
        """Question of the experiment."""
        return EXPERIMENTS[self.name].question

    @property
    def source(self) -> str:
        """Source of the question."""
        return EXPERIMENTS[self.name].source


def write_report(names: Sequence[str], lab: Lab, folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run experiments, write their PNGs, facts.json and report.html, and return the content of facts.json.

    The PNGs of an experiment are written when it ends. If one can't be drawn or written, a line says why, and the
    report lacks it. If an experiment raises an InputError, the report has its message in place of a paragraph, and the
    others are run. After Ctrl-C the report has the experiments that have ended, and KeyboardInterrupt is raised again.

    Parameters
    ----------
    names : sequence of str
        Keys of EXPERIMENTS.
    folder : Path
        A folder that exists and can be written.
    tell : function of str
        Called with a line for each experiment.

    Raises
    ------
    InputError
        A name is unknown, or none of the experiments can be run on this data.
    """
    for name in names:
        find_experiment(name)
    report = _Report(lab, folder, tell)
    refused: InputError | None = None
    try:
        for name in names:
            tell(f"{name}: {EXPERIMENTS[name].question}")
            try:
                report.run(name)
            except InputError as error:
                refused = error
                report.refuse(name, str(error))
    except KeyboardInterrupt:
        if report.experiments:
            report.write()
        raise
    if refused is not None and all("not_applicable" in each for each in report.experiments.values()):
        raise refused
    return report.write()


class _Report:
    """The report while its experiments are run."""

    def __init__(self, lab: Lab, folder: Path, tell: Callable[[str], None]) -> None:
        self.lab, self.folder, self.tell = lab, folder, tell
        self.lacks_figures = False
        self.experiments: dict[str, Any] = {}
        self.sections: list[Section] = []
        self.started = time.perf_counter()

    def run(self, name: str) -> None:
        """Run an experiment, write its figures and add its section."""
        started = time.perf_counter()
        finding = EXPERIMENTS[name].run(self.lab)
        images = self._draw(name, finding)
        about = {"facts": finding.facts, "text": finding.text, "figures": list(images)}
        self.experiments[name] = about | {"seconds": time.perf_counter() - started}
        rows = _rows(finding.facts) if finding.facts else []
        self.sections.append(Section(name, finding.text, list(images.values()), rows))

    def _draw(self, name: str, finding: Finding) -> dict[str, bytes]:
        """Write the figures of an experiment; return them by their names, without those that fail."""
        images: dict[str, bytes] = {}
        for number, draw in enumerate(finding.drawings, 1):
            file = f"{name}{f'-{number}' if number > 1 else ''}.png"
            try:
                with drawing(file):
                    image = png(draw())
                    write_bytes(self.folder / file, image)
                images[file] = image
            except FigureError as error:
                if not self.lacks_figures:  # one sentence, though others fail too
                    self.tell(str(error))
                self.lacks_figures = True
        return images

    def refuse(self, name: str, reason: str) -> None:
        """Add the section of an experiment that can't be run."""
        self.experiments[name] = {"not_applicable": reason}
        self.sections.append(Section(name, reason))

    def write(self) -> dict[str, Any]:
        """Write facts.json and report.html; return the content of the first."""
        lab = self.lab
        about = {"dataset": lab.data.name, "network": lab.about_network, "seed": lab.seed}
        result = about | {"seconds": time.perf_counter() - self.started, "experiments": self.experiments}
        write_text(self.folder / "facts.json", json.dumps(result, indent=1, allow_nan=False))
        write_text(self.folder / "report.html", render(result, self.sections))
        return result


def render(result: dict[str, Any], sections: Sequence[Section]) -> str:
    """Return the page of the report."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    about = f"{result['network']} on {result['dataset']}, seed {result['seed']}; made in {result['seconds']:.0f} s."
    template = environment.get_template("report.html")
    return template.render(about=about, sections=sections, inline_image=inline_image)


def _rows(facts: Any, name: str = "") -> list[tuple[str, str]]:
    """Return every number of nested dicts and lists with its path; a list of numbers is one row."""
    if isinstance(facts, dict):
        return [row for key, value in facts.items() for row in _rows(value, f"{name} / {key}" if name else str(key))]
    if isinstance(facts, list) and facts and isinstance(facts[0], dict | list):
        return [row for number, value in enumerate(facts, 1) for row in _rows(value, f"{name} / {number}")]
    if isinstance(facts, list | tuple):
        more = f", ... ({len(facts)} in all)" if len(facts) > LONGEST_LIST else ""
        return [(name, ", ".join(map(_number, facts[:LONGEST_LIST])) + more)]
    return [(name, _number(facts))]


def _number(value: Any) -> str:
    """Return a fact as the report's table shows it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def summary(result: dict[str, Any]) -> str:
    """Return the text that the command prints: the paragraph of each experiment, and the path of the report."""
    paragraphs = []
    for name, each in result["experiments"].items():
        text = each.get("text") or each["not_applicable"]
        paragraph = textwrap.fill(text, 110, initial_indent="  ", subsequent_indent="  ")
        paragraphs.append(f"{name}: {EXPERIMENTS[name].question}\n{paragraph}")
    return "\n\n".join([*paragraphs, f"report  {result['report']}"])
