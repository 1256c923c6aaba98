"""The README's figures: everything between its two markers is made here from the result files.

`python -m benchmarks.readme` rewrites README.md; a test checks that it is what the result files give.
"""

from pathlib import Path
from typing import Any

from benchmarks import results, tables
from fastmlp.errors import InputError
from fastmlp.files import write_text

README = Path(__file__).parents[1] / "README.md"
START = "<!-- benchmarks: made by `python -m benchmarks.readme` from benchmarks/results -->"
END = "<!-- end of benchmarks -->"
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
    return "\n\n".join(parts) if parts else NOTHING


def rewritten(text: str, found: dict[str, dict[str, Any]]) -> str:
    """Return the README's text with the results in place of what stood between the markers."""
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise InputError(f"README.md must have the line {START!r} once, and after it {END!r} once: put them back.")
    before, after = text.split(START)[0], text.split(END)[1]
    return f"{before}{START}\n\n{section(found)}\n\n{END}{after}"


def main() -> None:
    """Rewrite README.md."""
    write_text(README, rewritten(README.read_text(encoding="utf-8"), results.read()))
    print(f"{README.name} has the results of {', '.join(results.read()) or 'no part'}.")


if __name__ == "__main__":
    main()
