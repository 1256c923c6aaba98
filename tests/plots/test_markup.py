"""HTML and SVG as trees: escaped, closed, and readable as XML."""

from helpers.pages import checked, table_of

from fastmlp.plots.markup import add, add_table, element, to_html

STRANGE = "<b>&amp; \"x\" 'y' </svg>"


def test_texts_and_attributes_are_escaped():
    root = element("div", style=STRANGE)
    add(root, "p", STRANGE)
    add(root, "p", "a\x00b\x1b[1m\nc\ud800")
    page = to_html(root)
    tree = checked(page)
    assert tree.get("style") == STRANGE
    assert tree[0].text == STRANGE
    assert tree[1].text == "a\\x00b\\x1b[1m\\nc\\ud800"
    assert "<b>" not in page


def test_numbers_are_short_and_names_have_dashes():
    child = add(element("svg"), "path", stroke_width=1 / 3, x=12345678.0)
    assert child.attrib == {"stroke-width": "0.33", "x": "1.23457e+07"}


def test_elements_without_content_are_closed_by_a_tag():
    """HTML takes `<td/>` for `<td>`."""
    assert to_html(add(element("table"), "td")) == "<td></td>"


def test_tables_have_headings_in_the_first_column_and_perhaps_in_the_first_row():
    for has_heading, tags in ((False, ["th", "td", "th", "td"]), (True, ["th", "th", "th", "td"])):
        root = element("div")
        add_table(root, [["a", "b"], ["c", "1"]], has_heading=has_heading)
        tree = checked(to_html(root))
        assert table_of(tree) == [["a", "b"], ["c", "1"]]
        assert [cell.tag for row in tree.iter("tr") for cell in row] == tags
