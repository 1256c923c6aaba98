"""Checks of files before they are opened."""

import errno
import os
from pathlib import Path

import pytest

from fastmlp.errors import InputError
from fastmlp.system import input_files
from fastmlp.system.input_files import check_memory, file_size, resolved


def test_the_size_of_a_file_and_of_none(tmp_path):
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "dangling").symlink_to("b")
    assert file_size(tmp_path / "a") == file_size(str(tmp_path / "link")) == 3
    assert file_size(tmp_path / "b") is file_size(tmp_path / "dangling") is file_size(tmp_path / "a" / "b") is None


def test_what_is_no_file_is_named(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    found = {tmp_path: "a folder", tmp_path / "pipe": "a pipe", Path("/dev/zero"): "a device"}
    for path, what in found.items():
        with pytest.raises(InputError, match=f"is not a file but {what}"):
            file_size(path)
    with pytest.raises(InputError, match=r"loop can't be read: Too many levels of symbolic links\."):
        file_size(tmp_path / "loop")
    with pytest.raises(InputError, match=r"can't be read: embedded null byte\."):
        file_size("a\0b")


def test_a_file_that_may_not_be_looked_at(monkeypatch):
    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", denied)  # not chmod, which does not hold back root
    with pytest.raises(InputError, match=r"^a can't be read: Permission denied\.$"):
        file_size("a")


def test_more_than_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(input_files, "memory", lambda: 2e9)
    check_memory("a", 2_000_000_000, "take less")
    with pytest.raises(InputError, match=r"^a needs 3 GB and does not fit in memory: take less\.$"):
        check_memory("a", 3_000_000_000, "take less")
    with pytest.raises(InputError, match="does not fit in memory: take less"):
        check_memory("a", 10**1000, "take less")


def test_a_loop_of_links_has_a_path(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to("a")
    assert resolved(tmp_path / "loop").name == "loop"
    assert resolved(tmp_path / "link") == (tmp_path / "a").resolve()
