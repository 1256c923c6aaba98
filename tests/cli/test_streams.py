"""Commands without standard output or error, and with full or closed ones."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX shells and devices")
FULL = "fastmlp: standard output can't be read or written: No space left on device.\n"


@pytest.mark.parametrize(
    ("command", "status", "out", "err"),
    [
        ("data where >/dev/full", 2, "", FULL),
        ("--help >/dev/full", 2, "", FULL),
        ("data nothing 2>/dev/full", 2, "", ""),
        ("data list <&- >&- 2>&-", 0, "", ""),
    ],
)
def test_full_closed_and_missing_streams(command, status, out, err):
    program = f"{sys.executable} -m fastmlp {command}"
    end = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert (end.returncode, end.stdout, end.stderr) == (status, out, err)


@pytest.mark.parametrize(("command", "status"), [("where", 1), ("nothing", 2)])
def test_a_pipe_that_nobody_reads_ends_quietly(command, status):
    reader, writer = os.pipe()
    os.close(reader)
    start = [sys.executable, "-m", "fastmlp", "data", command]
    assert subprocess.run(start, stdout=writer, stderr=writer, check=False).returncode == status
    os.close(writer)


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ("train --data DIGITS --epochs 1 --hidden 5 --json", ["stderr"]),
        ("sweep --data DIGITS --epochs 1 --hidden 5 --hidden 6 --json", ["stdout", "stderr"]),
        ("explore weights --data DIGITS --model MODEL --json", ["stderr"]),
        ("evaluate MODEL --data DIGITS --json", ["stdout", "stderr"]),
    ],
)
def test_without_streams_commands_do_their_work(fastmlp, digits, trained, monkeypatch, arguments, missing):
    for name in missing:
        monkeypatch.setattr(sys, name, None)
    words = {"DIGITS": digits, "MODEL": trained[0] / "model.safetensors"}
    status, out, err = fastmlp(*(words.get(word, word) for word in arguments.split()))
    for name in missing:
        getattr(sys, name).close()
    assert (status, err) == (0, "")
    if missing == ["stderr"]:
        assert json.loads(out)
    else:
        assert out == ""
    assert arguments.startswith("evaluate") or list(Path("runs").iterdir())


@pytest.mark.slow
def test_a_training_writes_everything_though_standard_error_is_full(digits, tmp_path):
    options = f"--data {digits} --epochs 2 --json --out {tmp_path}"
    for errors in ("2>/dev/full", "2>&-"):
        command = f"{sys.executable} -m fastmlp train {options} {errors}"
        end = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
        for name in json.loads(end.stdout)["beside_it"]:
            assert (tmp_path / name).is_file()
