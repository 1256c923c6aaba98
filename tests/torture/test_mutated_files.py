"""Mutated files of every format end with a value or with one short sentence: no other error, no warning, no hang."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from helpers import mutated_files
from helpers.imports import ROOT
from helpers.mutated_files import fault_of, torture
from helpers.torture import torture_seconds, torture_seed

from fastmlp.errors import InputError

SECONDS = 25.0
"""Time of a run in CI, in which each format has its share."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux's limits of memory")
def test_mutated_files_are_read_or_refused_in_one_sentence(tmp_path):
    seconds, seed = torture_seconds(SECONDS), torture_seed()
    command = [sys.executable, "-m", "helpers.mutated_files", tmp_path, seconds, seed]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    ended = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=3 * seconds + 120, env=environment
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    results = [line for line in lines if "format" in line]
    for each in results:
        print(f"{each['format']:20} {each['counts']}")
    assert ended.returncode == 0, f"status {ended.returncode} in {lines[-1:]}:\n{ended.stderr[-3000:]}"
    assert "\n".join(fault for each in results for fault in each["faults"]) == ""
    assert [each["format"] for each in results if sum(each["counts"].values()) < 3] == []


class UnescapedError(InputError):
    def __str__(self):
        return ValueError.__str__(self)


def refuse(folder):
    raise UnescapedError("a file that says \x1b[2J")


def too_long(folder):
    raise UnescapedError("a" * 301)


def warn(folder):
    warnings.warn("an odd file", stacklevel=1)


def fail(folder):
    return {}[folder]


@pytest.mark.parametrize(
    ("read", "words"), [(refuse, "no line"), (too_long, "no line"), (warn, "UserWarning"), (fail, "KeyError")]
)
def test_each_kind_of_fault_is_found(tmp_path, read, words):
    assert words in fault_of(read, tmp_path)[1]


def test_what_is_allowed_is_no_fault(tmp_path):
    def refuse(folder):
        raise InputError("a file that says \x1b[2J")

    assert fault_of(lambda folder: 3, tmp_path) == ("value", None)
    assert fault_of(refuse, tmp_path) == ("sentence", None)


def test_a_slow_file_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(mutated_files, "SLOW", -1.0)
    assert "it took" in fault_of(lambda folder: 3, tmp_path)[1]


def test_the_mutation_with_a_fault_is_kept(tmp_path, monkeypatch):
    form = mutated_files.FORMATS["csv"]
    seen = []

    def read(folder):
        content = (folder / form.file).read_bytes()
        if seen and content != seen[0]:
            raise KeyError
        seen.append(content)

    monkeypatch.setitem(mutated_files.FORMATS, "csv", form._replace(read=read))
    result = torture("csv", tmp_path / "csv", 0.01, 7)
    assert result["counts"]["faults"] == result["counts"]["other"] >= 1
    assert "KeyError" in result["faults"][0]
    assert len(list(tmp_path.glob("csv-*-set.csv"))) == result["counts"]["faults"]
