"""Result files, and the folders that they go to."""

import pytest
from helpers.results import HEADING, LECTURE

from benchmarks import results
from benchmarks.results import Options
from benchmarks.workloads import Workload


def test_a_result_file_is_read_as_it_was_written(found, tmp_path):
    results.write(found["speed"], tmp_path)
    assert results.read(tmp_path) == {"speed": found["speed"]}
    assert Workload.from_dict(found["speed"]["workloads"]["seed32"]["workload"]) == LECTURE


def test_the_heading_has_the_command_and_the_machine():
    heading = results.heading("speed", Options(("numpy",), ("wide",), True), "mnist")
    assert heading["command"] == "python -m benchmarks speed --quick --workload=wide --contestant=numpy"
    assert HEADING.keys() <= heading.keys()
    assert HEADING["machine"].keys() <= heading["machine"].keys()


@pytest.mark.parametrize(
    ("section", "options", "name"),
    [
        ("presets", Options(threads=2), ""),
        ("presets", Options(presets=("lecture",)), ""),
        ("accuracy", Options(presets=("lecture",)), "partial"),
        ("speed", Options(workloads=("wide",)), "partial"),
        ("costs", Options(contestants=("numpy",)), "partial"),
        ("presets", Options(seeds=1), "partial"),
        ("presets", Options(seeds=1, quick=True), "quick"),
    ],
)
def test_results_of_a_selection_do_not_replace_published_ones(section, options, name):
    assert options.folder(section) == results.FOLDER / name
