"""The generated results in README.md and pages of docs/, between two markers, made from the result files.

`python -m benchmarks.readme` rewrites them; a test checks that they match the result files.
"""

from pathlib import Path
from typing import Any

from benchmarks import results, tables, texts
from benchmarks.comparison import reaches
from benchmarks.speedrun import measured_records
from fastmlp.errors import InputError
from fastmlp.system.files import write_text

ROOT = Path(__file__).parents[1]
README, SPEEDRUN = ROOT / "README.md", ROOT / "docs" / "speedrun.md"
ESTIMATORS = ROOT / "docs" / "guides" / "scikit-learn.md"
SECTIONS = ("speed", "busy", "small", "accuracy", "costs", "widths", "batches", "roofline")
"""The sections that the README shows or links."""
NOTHING = "Not measured yet: run `python -m benchmarks`, then `python -m benchmarks.readme`."


def readme_text(found: dict[str, dict[str, Any]]) -> str:
    """Return the README's section on speed, in Markdown, from the results by section."""
    blocks = []
    if "speed" in found:
        blocks += [tables.speed_table(found["speed"]), tables.speed_notes(found["speed"])]
        blocks.append(tables.density_table(found["speed"]))
    if "busy" in found:
        blocks += ["Beside a program that keeps one core busy:", tables.speed_table(found["busy"])]
        blocks.append(tables.speed_notes(found["busy"]))
    if "small" in found:
        blocks += [
            "Small data, on one core: a whole fit of a hidden layer of 100 units, and the label of one row from Python "
            "(medians). ONNX Runtime predicts with the network that fastmlp has trained.",
            tables.small_table(found["small"]),
        ]
    if "accuracy" in found:
        result = found["accuracy"]
        blocks.append(
            f"Training time to a test accuracy: median and range of {result['seeds']} seeds. The learning rate is "
            "constant; accuracy is computed after each epoch."
        )
        blocks += [tables.target_table(result, name) for name in result["curves"]]
        blocks += [
            f"Test accuracy at the end of the presets: median and range of {result['seeds']} seeds.",
            tables.preset_table(result),
            tables.preset_notes(result),
        ]
    if "costs" in found:
        result = found["costs"]
        blocks += [
            f"Cost of a whole process that trains `{result['workload']['name']}` on {result['threads']} threads, and "
            "time of whole commands (medians).",
            tables.cost_table(result),
            tables.command_table(result),
        ]
    drawn = [section for section in ("speed", "busy", "widths", "batches", "roofline", "accuracy") if section in found]
    if drawn:
        names = ", ".join(f"[{section}](benchmarks/results/{section}.png)" for section in drawn)
        blocks.append(f"Figures: {names}. The values of every round: `benchmarks/results/*.json`.")
        blocks.append(
            _bullets(texts.shared_conditions({section: found[section] for section in SECTIONS if section in found}))
        )
    return "\n\n".join(filter(None, blocks)) if blocks else NOTHING


def speedrun_text(found: dict[str, dict[str, Any]]) -> str:
    """Return the records of docs/speedrun.md, in Markdown, from the results by section."""
    records = measured_records(found)
    if not records:
        return NOTHING
    names = {
        target: f"{target} %" + (f" (`{record['preset']}`)" if record["preset"] else "")
        for target, record in records.items()
    }
    named = {names[target]: record for target, record in records.items()}
    missed = [names[target] for target, record in records.items() if not reaches(record, float(target) / 100)]
    blocks = [tables.record_table(named), "Medians and ranges over the seeds. Test accuracy of each seed in %:"]
    blocks.append(_bullets(texts.seed_values(named)))
    if missed:
        blocks.append(f"Not a record, since the median misses the target or has too few seeds: {', '.join(missed)}.")
    blocks.append(_bullets(texts.all_conditions(named)))
    return "\n\n".join(blocks)


def estimators_text(found: dict[str, dict[str, Any]]) -> str:
    """Return the comparison with scikit-learn's estimators in docs/guides/scikit-learn.md, in Markdown."""
    if "estimators" not in found:
        return NOTHING
    result = found["estimators"]
    return f"{tables.estimator_table(result)}\n\n{texts.conditions(result)}"


def _bullets(lines: str) -> str:
    return "\n".join(f"* {line}" for line in lines.splitlines())


PAGES = {
    README: ("benchmarks", readme_text),
    SPEEDRUN: ("speedrun", speedrun_text),
    ESTIMATORS: ("estimators", estimators_text),
}
"""The generated files: the name in their markers, and the function that returns the text between them."""


def markers(path: Path) -> tuple[str, str]:
    """Return the lines before and after the generated text."""
    name, _ = PAGES[path]
    return f"<!-- {name}: made by `python -m benchmarks.readme` from benchmarks/results -->", f"<!-- end of {name} -->"


def rewritten(path: Path, text: str, found: dict[str, dict[str, Any]]) -> str:
    """Return a file's text with the given results between its markers."""
    start, end = markers(path)
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise InputError(f"{path.name} must have the line {start!r} once, and after it {end!r} once: put them back.")
    before, after = text.split(start)[0], text.split(end)[1]
    return f"{before}{start}\n\n{PAGES[path][1](found)}\n\n{end}{after}"


def main() -> None:
    """Rewrite the files."""
    found = results.read()
    for path in PAGES:
        write_text(path, rewritten(path, path.read_text(encoding="utf-8"), found))
        print(f"{path.name} has the results of {', '.join(found) or 'no section'}.")


if __name__ == "__main__":
    main()
