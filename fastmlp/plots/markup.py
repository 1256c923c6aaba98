"""HTML and SVG for notebooks, built as trees, so that every text is escaped and every element is closed."""

from xml.etree.ElementTree import Element, SubElement, tostring

from fastmlp.errors import printable


def element(tag: str, **attributes: str | float) -> Element:
    """Return an element; `stroke_width=2` is its attribute stroke-width="2"."""
    return Element(tag, _spelled(attributes))


def add(parent: Element, tag: str, text: str = "", **attributes: str | float) -> Element:
    """Add an element with a text to another, and return it; characters that do not print are written as escapes."""
    child = SubElement(parent, tag, _spelled(attributes))
    child.text = printable(text)
    return child


def add_table(parent: Element, rows: list[list[str]], *, has_heading: bool = False) -> Element:
    """Add a table whose first column, and first row if it is a heading, are headings; return it."""
    table = add(parent, "table", style="border-collapse: collapse; font-size: 12px; margin: 0.4em 0")
    for number, row in enumerate(rows):
        line = add(table, "tr")
        for column, text in enumerate(row):
            is_heading = column == 0 or (has_heading and number == 0)
            side = "left" if column == 0 or not has_heading else "right"  # numbers stand below each other
            style = f"text-align: {side}; padding: 0.1em 1em 0.1em 0; vertical-align: top"
            own = "; font-weight: 600; white-space: nowrap" if is_heading else ""
            add(line, "th" if is_heading else "td", text, style=style + own)
    return table


def to_html(root: Element) -> str:
    """Return an element with all that is in it as HTML, which is well-formed XML, too."""
    return tostring(root, encoding="unicode", short_empty_elements=False)


def _spelled(attributes: dict[str, str | float]) -> dict[str, str]:
    return {name.replace("_", "-"): _number(value) for name, value in attributes.items()}


def _number(value: str | float) -> str:
    """Return a value as an attribute has it; numbers with two decimals at most, which is finer than a pixel."""
    return value if isinstance(value, str) else f"{round(value, 2):g}"
