"""The folder of the results: its name, its files, and a training in it that is not finished."""

import errno
import re

from fastmlp import load_network
from fastmlp.cli.run_folder import new_run_folder, open_run_folder
from fastmlp.system import files, tensor_files


def test_a_folder_that_fills_up_loses_no_model(fastmlp, digits, monkeypatch, tmp_path):
    def full(path, content):
        if path.parent.name == "full" and path.name.startswith("model"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        files.write_bytes(path, content)

    monkeypatch.setattr(tensor_files, "write_bytes", full)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    status, _, err = fastmlp("train", "--data", digits, "--epochs", 1, "--out", "full")
    assert status == 2
    rescued = re.search(r"the trained model is in (.*)\.$", err.splitlines()[-1])[1]
    assert load_network(rescued).n_params == 13002


def test_the_folder_of_a_finished_training_may_be_used_again(fastmlp, digits):
    stopping = ["--validation", 200, "--early-stopping", 1, "--learning-rate", 40, "--epochs", 100]
    for options in (stopping, ["--epochs", 1], ["--epochs", 1]):
        status, _, err = fastmlp("train", "--data", digits, *options, "--out", "again")
        assert status == 0, err


def test_a_new_folder_has_the_name_of_what_is_trained_and_takes_no_other_ones_place(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = [new_run_folder("sets/digits.npz", (16, 8), 3).path.name for _ in range(3)]
    assert names == ["digits-16-8-seed3", "digits-16-8-seed3-run2", "digits-16-8-seed3-run3"]


def test_a_folder_is_removed_if_this_run_made_it_and_it_is_empty(tmp_path):
    for name in ("old", "full"):
        (tmp_path / name).mkdir()
    folders = {name: open_run_folder(tmp_path / name) for name in ("old", "new", "filled")}
    (tmp_path / "filled" / "note.txt").touch()
    for folder in folders.values():
        folder.remove_if_new()
    assert {name: folder.path.exists() for name, folder in folders.items()} == {
        "old": True,
        "new": False,
        "filled": True,
    }
