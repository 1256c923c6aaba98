"""A finding in a notebook, and numbers in words."""

from helpers.explore import sample

from fastmlp.explore import Lab
from fastmlp.explore.finding import listed, percent, shortened


def test_a_finding_shows_itself_in_a_notebook(small):
    finding = sample(Lab(small))
    shown = finding._repr_html_()
    assert shown.startswith("<p>Less &lt; more &amp; so on.</p><img ")
    assert shown.count("base64,") == 2
    assert finding.figure is finding.figures[0]


def test_words():
    assert percent(0.12345) == "12.3 %"
    assert percent(1, 0) == "100 %"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert shortened(["a name", "name"], 4) == ["a na…", "name"]
