"""README.md and docs/speedrun.md say what the result files say."""

import re

import pytest

from benchmarks import readme, results
from fastmlp import InputError
from fastmlp.presets.presets import load_reached


def test_the_readme_matches_the_result_files(found):
    text = readme.README.read_text(encoding="utf-8")
    assert readme.rewritten(readme.README, text, results.read()) == text
    other = readme.rewritten(readme.README, text, found)
    assert other != text
    assert readme.rewritten(readme.README, other, found) == other
    assert "0.500 s (10.0x)" in other
    assert readme.rewritten(readme.README, other, results.read()) == text
    with pytest.raises(InputError, match="put them back"):
        readme.rewritten(readme.README, text.replace(readme.markers(readme.README)[1], ""), found)


def test_the_page_of_records_matches_the_result_files(measured):
    text = readme.SPEEDRUN.read_text(encoding="utf-8")
    assert readme.rewritten(readme.SPEEDRUN, text, results.read()) == text
    others = {"presets": {"presets": {"fast-96": measured | {"seeds": list(range(10))}}}}
    page = readme.rewritten(readme.SPEEDRUN, text, others)
    assert "| 96 % (`fast-96`) | 2.50 s (1.50 s to 3.50 s) | 2.00 s (1.00 s to 3.00 s)" in page
    assert "Not a record" not in page
    for missed in ({"seeds": [0, 1, 2]}, {"seeds": list(range(10)), "accuracy": [0.9599, 0.95, 0.97]}):
        others = {"presets": {"presets": {"fast-96": measured | missed}}}
        assert "too few seeds: 96 % (`fast-96`)." in readme.rewritten(readme.SPEEDRUN, text, others)


def test_the_readme_begins_with_measured_values():
    lead = readme.README.read_text(encoding="utf-8").split("```")[0]
    rows = re.findall(r"\| `([\w-]+)` \| \*\*([\d.]+) %\*\* \| ([\d.]+) s \|", lead)
    assert [name for name, *_ in rows] == ["lecture", "lecture-96", "fast-98", "best-99"]
    for name, right, seconds in rows:
        reached = load_reached()[name]
        median = reached["seconds"]["median"]
        assert right == f"{100 * reached['accuracy']['median']:.1f}"
        assert seconds == (f"{median:.1f}" if median < 10 else f"{median:.0f}")
        assert reached["seeds"] == 10
