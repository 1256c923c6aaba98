"""What the tests of sweeps compare."""

import csv

TIMES = {"seconds", "samples_per_second", "trial"}
"""What may differ between two runs of the same sweep."""


def table_of(folder):
    """Return results.csv without what may differ."""
    with (folder / "results.csv").open(newline="") as file:
        return [{name: cell for name, cell in row.items() if name not in TIMES} for row in csv.DictReader(file)]
