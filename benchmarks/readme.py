"""The figures of README.md and docs/speedrun.md: all between their two markers is made here from the result files.

`python -m benchmarks.readme` rewrites both; a test checks that they are what the result files give.
"""

from pathlib import Path
from typing import Any

from benchmarks import results, tables
from benchmarks.speedrun import measured_records
from fastmlp.errors import InputError
from fastmlp.files import write_text

ROOT = Path(__file__).parents[1]
README, SPEEDRUN = ROOT / "README.md", ROOT / "docs" / "speedrun.md"
NOTHING = "Not measured yet: run `python -m benchmarks`, then `python -m benchmarks.readme`."


def section(found: dict[str, dict[str, Any]]) -> str:
    """Return the README's part on speed, in Markdown, from the results by part."""
    parts = []
    if "speed" in found:
        parts += [tables.speed_table(found["speed"]), tables.speed_notes(found["speed"])]
    if "accuracy" in found:
        result = found["accuracy"]
        parts.append(
            f"Time in training to an accuracy on the test set: median and range of {result['seeds']} seeds; the rate "
            "is constant, the accuracy looked at after each epoch."
        )
        parts += [tables.target_table(result, name) for name in result["curves"]]
        parts += [
            f"Test accuracy at the end of the presets: median and range of {result['seeds']} seeds.",
            tables.preset_table(result),
            tables.preset_notes(result),
            tables.conditions(result),
        ]
    if "costs" in found:
        result = found["costs"]
        parts += [
            f"What a process costs that trains `{result['workload']['name']}`, on {result['threads']} threads, and "
            "whole commands: medians.",
            tables.cost_table(result),
            tables.command_table(result),
            tables.conditions(result),
        ]
    pictures = [part for part in ("speed", "widths", "batches", "roofline", "accuracy") if part in found]
    if pictures:
        names = ", ".join(f"[{part}](benchmarks/results/{part}.png)" for part in pictures)
        parts.append(f"Pictures: {names}. Every round's value: `benchmarks/results/*.json`.")
    return "\n\n".join(filter(None, parts)) if parts else NOTHING


def speedrun_section(found: dict[str, dict[str, Any]]) -> str:
    """Return the records of docs/speedrun.md, in Markdown, from the results by part."""
    records = measured_records(found)
    if not records:
        return NOTHING
    names = {
        target: f"{target} %" + (f" (`{record['preset']}`)" if record["preset"] else "")
        for target, record in records.items()
    }
    named = {names[target]: record for target, record in records.items()}
    missed = [names[target] for target, record in records.items() if not tables.reaches(record, float(target) / 100)]
    parts = [tables.record_table(named), "Medians and ranges over the seeds. Test accuracy of each, in %:"]
    parts += ["\n".join(f"* {line}" for line in tables.seed_values(named).splitlines())]
    parts += (
        [f"No record, the median is below the target or of fewer than ten seeds: {', '.join(missed)}."]
        if missed
        else []
    )
    parts += ["\n".join(f"* {line}" for line in tables.all_conditions(named).splitlines())]
    return "\n\n".join(parts)


SECTIONS = {
    README: ("benchmarks", section),
    SPEEDRUN: ("speedrun", speedrun_section),
}
"""What is between the markers of a file: their name, and what makes it."""


def markers(path: Path) -> tuple[str, str]:
    """Return the lines before and after what is made."""
    name, _ = SECTIONS[path]
    return f"<!-- {name}: made by `python -m benchmarks.readme` from benchmarks/results -->", f"<!-- end of {name} -->"


def rewritten(path: Path, text: str, found: dict[str, dict[str, Any]]) -> str:
    """Return a file's text with the results in place of what stood between its markers."""
    start, end = markers(path)
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise InputError(f"{path.name} must have the line {start!r} once, and after it {end!r} once: put them back.")
    before, after = text.split(start)[0], text.split(end)[1]
    return f"{before}{start}\n\n{SECTIONS[path][1](found)}\n\n{end}{after}"


def main() -> None:
    """Rewrite the files."""
    found = results.read()
    for path in SECTIONS:
        write_text(path, rewritten(path, path.read_text(encoding="utf-8"), found))
        print(f"{path.name} has the results of {', '.join(found) or 'no part'}.")


if __name__ == "__main__":
    main()
