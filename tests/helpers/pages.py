"""HTML that notebooks show: checks of its form, and what can be read in it."""

from html.parser import HTMLParser
from xml.etree import ElementTree

COLORS = {"currentColor", "none", "#0072B2", "#009E73"}
"""Colors that can be read on white and on black: contrasts of 3 and more with both."""


class Balanced(HTMLParser):
    """Reads a page and checks that each element is closed by its own tag, as XML wants it and HTML reads it."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_startendtag(self, tag, attributes):
        raise AssertionError(f"HTML does not close <{tag}/>")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(text):
    """Return the tree of a page that a notebook can show in a light and in a dark theme, without scripts and files."""
    tags = Balanced(text).tags
    assert set(tags) <= {"div", "p", "table", "tr", "th", "td", "svg", "path", "circle", "text"}
    tree = ElementTree.fromstring(text)
    for each in tree.iter():
        assert {each.get(name, "none") for name in ("fill", "stroke")} <= COLORS
        assert not {name for name in each.attrib if name.startswith("on") or name in ("href", "src", "class", "id")}
        assert "color" not in each.get("style", "").replace("currentColor", "")
    return tree


def table_of(tree, number=0):
    """Return the cells of a table."""
    table = list(tree.iter("table"))[number]
    return [[cell.text or "" for cell in row] for row in table.iter("tr")]


def words_of(tree):
    """Return the texts in the drawings."""
    return [each.text for svg in tree.iter("svg") for each in svg.iter("text")]
