"""Files of the user's cache that nobody uses are removed, and nothing else is."""

import os
import time

from fastmlp.system import unused
from fastmlp.system.unused import note_use, remove_unused

OLD = time.time() - unused.MONTH - 60


def make(path, *, old=True, folder=False):
    """Make a file, or a folder with a file, that was used today or more than a month ago."""
    if folder:
        path.mkdir()
        (path / "file").touch()
    else:
        path.touch()
    if old:
        os.utime(path, (OLD, OLD))
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_has_another_name_or_was_used_stays(tmp_path):
    make(tmp_path / "set-1")
    make(tmp_path / "set-2", folder=True)
    make(tmp_path / "set-3", old=False)
    make(tmp_path / "set-x")
    make(tmp_path / "my-set-1")
    make(tmp_path / "set-4", folder=True)
    note_use(tmp_path / "set-4")
    (tmp_path / "set-5").symlink_to(tmp_path / "set-3")
    os.utime(tmp_path / "set-5", (OLD, OLD), follow_symlinks=False)
    remove_unused(tmp_path, "set-[0-9]")
    assert names(tmp_path) == ["my-set-1", "set-3", "set-4", "set-5", "set-x"]


def test_what_belongs_to_another_user_stays(tmp_path, monkeypatch):
    make(tmp_path / "set-1")
    monkeypatch.setattr("os.getuid", lambda: 12345, raising=False)
    remove_unused(tmp_path, "set-[0-9]")
    assert names(tmp_path) == ["set-1"]


def test_the_work_is_bounded_and_errors_are_ignored(tmp_path, monkeypatch):
    monkeypatch.setattr(unused, "MOST", 2)
    (make(tmp_path / "set-0", folder=True) / "deep").mkdir()
    os.utime(tmp_path / "set-0", (OLD, OLD))
    for number in (1, 2, 3):
        make(tmp_path / f"set-{number}")
    remove_unused(tmp_path, "set-[0-9]")
    assert names(tmp_path) == ["set-0", "set-2", "set-3"]
    remove_unused(tmp_path / "nowhere", "set-[0-9]")
    note_use(tmp_path / "nowhere")
