"""What the tests of sweeps run and compare."""

import csv
import json
from collections import Counter

SETTINGS = {"width": [8, 16], "learning_rate": [0.5, 2.0]}

TIMES = {"seconds", "samples_per_second", "trial"}
"""What may differ between two runs of the same sweep."""


def table_of(folder):
    """Return results.csv without what may differ."""
    with (folder / "results.csv").open(newline="") as file:
        return [{name: cell for name, cell in row.items() if name not in TIMES} for row in csv.DictReader(file)]


def once_each(journal, n):
    """Check in the journal that each entry of the plan has come to an end once; return how many began anew."""
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    entries = [line["user_attrs"]["entry"] for line in lines if line["op_code"] == 4]
    ends = [entries[line["trial_id"]] for line in lines if line["op_code"] == 6 and line["state"] == 1]
    assert sorted(Counter(ends).items()) == [(entry, 1) for entry in range(n)]
    return len(entries) - n
