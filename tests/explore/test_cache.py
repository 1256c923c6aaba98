"""The folder of trained networks: damage, keys, and other code."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import fastmlp
from fastmlp.explore import Store
from fastmlp.explore.cache import SOURCES

KEY = ("a network", 0, np.arange(3))


def test_arrays_come_back_and_damage_is_noticed(tmp_path):
    store = Store(tmp_path / "store")
    (name,) = store.names([KEY])
    assert store.get(name) is None
    store.put(name, {"params": np.arange(1000.0)})
    assert store.get(name)["params"].tolist() == list(range(1000))
    (file,) = store.folder.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    assert store.get(name) is None


def test_nothing_is_kept_without_a_folder_or_where_none_can_be(tmp_path):
    (tmp_path / "file").touch()
    for store in (Store(None), Store(tmp_path / "file")):
        (name,) = store.names([KEY])
        store.put(name, {"params": np.arange(3)})
        assert store.get(name) is None


def test_keys_differ_by_every_object_and_array():
    array = np.arange(3)
    keys = [KEY, ("another", 0, array), (*KEY, None), ("a network", 0, array + 1), ("a network", 0, array.astype("f4"))]
    names = Store(None).names([*keys, ("a network", 0, array.copy())])
    assert len(set(names)) == len(keys)
    assert names[0] == names[-1]


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the package's sources, which the names depend on."""
    copy = tmp_path / "fastmlp"
    shutil.copytree(Path(fastmlp.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("fastmlp.system.source_hash.PACKAGE", copy)
    return copy


def test_a_change_of_any_source_of_a_training_changes_the_name(copied):
    """One file in each folder and subfolder of the rooms that decide the result of a training, and the single files."""
    files = [copied / place for place in SOURCES if place.endswith(".py")]
    for room in ("kernels", "inputs", "network", "training"):
        folders = {file.parent for file in (copied / room).rglob("*.py")}
        files += [min(folder.glob("*.py")) for folder in folders]
    assert len(files) >= 8
    names = [Store(None).names([KEY])[0]]
    for file in files:
        file.write_text(file.read_text() + "# changed\n")
        names += Store(None).names([KEY])
    assert len(set(names)) == len(files) + 1


def test_a_change_of_other_sources_keeps_the_name(copied):
    before = Store(None).names([KEY])
    for place in ("plots/style.py", "explore/experiments/dream.py", "cli/explore.py"):
        (copied / place).write_text("# changed\n")
    assert Store(None).names([KEY]) == before
