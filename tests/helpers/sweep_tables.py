"""A small sweep, the page of its report, and the comparison of its tables."""

import csv
import json
from collections import Counter
from html.parser import HTMLParser

SETTINGS = {"width": [8, 16], "learning_rate": [0.5, 2.0]}

TIMES = {"seconds", "samples_per_second", "trial"}
"""Columns that may differ between two runs of the same sweep."""


def table_of(folder):
    """Return results.csv without the columns that may differ."""
    with (folder / "results.csv").open(newline="") as file:
        return [{name: cell for name, cell in row.items() if name not in TIMES} for row in csv.DictReader(file)]


def once_each(journal, n):
    """Check in the journal that each entry of the plan was completed once; return how many began anew."""
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    entries = [line["user_attrs"]["entry"] for line in lines if line["op_code"] == 4]
    ends = [entries[line["trial_id"]] for line in lines if line["op_code"] == 6 and line["state"] == 1]
    assert sorted(Counter(ends).items()) == [(entry, 1) for entry in range(n)]
    return len(entries) - n


class Page(HTMLParser):
    """The images and tables of a page, and its links to other files."""

    def __init__(self, text):
        super().__init__()
        self.pictures, self.tables, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "img":
            self.pictures.append(values["src"])
        self.links += [values[name] for name in ("href", "src") if not values.get(name, "data:").startswith("data:")]
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])

    def handle_data(self, data):
        if self.tables and self.lasttag in ("td", "th") and data.strip():
            self.tables[-1][-1].append(data)
