"""Locks of folders: held by one run, and free again when it ends or is killed."""

import os
import subprocess
import sys
import threading
import time

import pytest

from fastmlp.errors import InputError
from fastmlp.system import locks
from fastmlp.system.locks import LOCK, FolderLock

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX locks")
HOLDER = """
import sys
from pathlib import Path
from fastmlp.system.locks import FolderLock

lock = FolderLock(Path(sys.argv[1]))
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_second_run_is_refused_until_the_first_is_killed(tmp_path):
    command = [sys.executable, "-c", HOLDER, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(
            InputError, match=r"Another run is writing to '.*': wait for its end, or choose another fol"
        ):
            FolderLock(tmp_path)
        holder.kill()
    assert (tmp_path / LOCK).exists()
    with FolderLock(tmp_path), pytest.raises(InputError):
        FolderLock(tmp_path)
    assert list(tmp_path.iterdir()) == []
    FolderLock(tmp_path).release()


def test_the_lock_is_always_that_of_the_file_in_the_folder(tmp_path):
    held, taken = [], []

    def run():
        for _ in range(300):
            try:
                with FolderLock(tmp_path):
                    held.append(1)
                    taken.append(len(held))
                    held.pop()
            except InputError:
                pass

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(taken) == {1}
    assert not (tmp_path / LOCK).exists()


def test_a_file_that_the_run_before_removes_meanwhile_is_no_lock(tmp_path, monkeypatch):
    real, calls = locks.lock, []

    def late(descriptor):
        if not calls:
            (tmp_path / LOCK).unlink()
        calls.append(descriptor)
        real(descriptor)

    monkeypatch.setattr("fastmlp.system.locks.lock", late)
    with FolderLock(tmp_path):
        assert (tmp_path / LOCK).exists()
    assert len(calls) == 2


def test_where_there_are_no_locks_nobody_is_kept_out(tmp_path, monkeypatch):
    def fails(descriptor):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fastmlp.system.locks.lock", fails)
    with FolderLock(tmp_path):
        FolderLock(tmp_path).release()


@pytest.mark.parametrize(
    "arguments",
    [
        "train --data DIGITS --epochs 1 --out r",
        "train --data DIGITS --resume r",
        "sweep --data DIGITS --epochs 1 --hidden 5 --hidden 6 --out r",
        "explore weights --data DIGITS --model MODEL --out r",
    ],
)
def test_a_command_leaves_the_folder_of_another_run_alone(fastmlp, digits, trained, tmp_path, arguments):
    (tmp_path / "r").mkdir()
    checkpoint = (trained[0] / "checkpoint.safetensors").read_bytes()
    (tmp_path / "r" / "checkpoint.safetensors").write_bytes(checkpoint)
    words = {"DIGITS": digits, "MODEL": trained[0] / "model.safetensors"}
    with FolderLock(tmp_path / "r"):
        status, out, err = fastmlp(*(words.get(word, word) for word in arguments.split()))
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("fastmlp: Another run is writing to 'r'")
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["checkpoint.safetensors"]


@pytest.mark.slow
def test_a_killed_training_leaves_a_folder_that_can_be_used(digits, tmp_path):
    out = tmp_path / "r"
    train = [sys.executable, "-m", "fastmlp", "train", "--data", digits, "--hidden", "300"]
    with subprocess.Popen([*train, "--epochs", "100000", "--out", out], stderr=subprocess.PIPE, text=True) as first:
        for line in first.stderr:
            if "/100000  loss" in line:
                break
        second = subprocess.run([*train, "--epochs", "1", "--out", out], capture_output=True, text=True, check=False)
        assert first.poll() is None
        assert second.returncode == 2
        assert second.stderr.splitlines()[-1].startswith("fastmlp: Another run is writing to")
        while not (out / "checkpoint.safetensors").exists():
            time.sleep(0.01)
        first.kill()
    third = subprocess.run([*train, "--epochs", "1", "--out", out], capture_output=True, text=True, check=False)
    assert third.returncode == 2
    assert "There is an unfinished training in" in third.stderr.splitlines()[-1]
    (out / "checkpoint.safetensors").unlink()
    last = subprocess.run([*train, "--epochs", "1", "--out", out], capture_output=True, text=True, check=False)
    assert last.returncode == 0, last.stderr
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]
