"""The folder of compiled kernels: used only where nobody else can write, and cleared of what is not used."""

import os
import time
from pathlib import Path

import pytest

from fastmlp.kernels._numba import folder as module
from fastmlp.kernels._numba.folder import default_folder, read_own, remove_unused, why_not_kept, why_not_loaded

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX users and permissions")


def mode(path):
    return path.stat().st_mode & 0o777


def test_missing_folders_are_created_for_this_user_alone(tmp_path):
    previous = os.umask(0)
    try:
        assert why_not_loaded(tmp_path / "a" / "b") is None
    finally:
        os.umask(previous)
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)
    assert why_not_kept(tmp_path / "a" / "b") is None
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize(
    ("place", "rights", "trusted"),
    [
        ("below", 0o777, False),
        ("below", 0o1777, False),  # others could add kernels
        ("below", 0o770, False),
        ("below", 0o755, True),
        ("", 0o777, False),
        ("", 0o1777, True),  # like /tmp: what is inside can't be replaced
        ("", 0o755, True),
    ],
)
def test_neither_the_folder_nor_one_above_it_may_be_open_to_others(tmp_path, place, rights, trusted):
    folder = tmp_path / "open" / "below"
    folder.mkdir(parents=True)
    (tmp_path / "open" / place).chmod(rights)
    said = None if trusted else f"others can write to {tmp_path / 'open' / place}"
    assert why_not_loaded(folder) == why_not_kept(folder) == said


@pytest.mark.parametrize("private", [True, False])
def test_a_group_may_write_above_it_if_this_user_is_alone_in_it(tmp_path, monkeypatch, private):
    (tmp_path / "group").mkdir()
    (tmp_path / "group").chmod(0o775)
    monkeypatch.setattr(module, "_is_private", lambda group: private)
    said = None if private else f"others can write to {tmp_path / 'group'}"
    assert why_not_loaded(tmp_path / "group" / "kernels") == said


def test_another_users_folder_is_not_used_but_roots_is(tmp_path, monkeypatch):
    (tmp_path / "above" / "roots").mkdir(parents=True)
    monkeypatch.setattr("os.getuid", lambda: tmp_path.stat().st_uid + 12345)
    monkeypatch.setattr(module, "ROOT", tmp_path.stat().st_uid)
    assert why_not_loaded(tmp_path / "above" / "roots") is None
    monkeypatch.setattr(module, "ROOT", -1)
    assert why_not_loaded(tmp_path / "above") == f"{tmp_path / 'above'} belongs to another user"
    with pytest.raises(PermissionError):
        read_own(Path(__file__))


def test_a_file_that_others_can_write_is_not_read(tmp_path):
    (tmp_path / "a.kernel").write_bytes(b"code")
    (tmp_path / "a.kernel").chmod(0o644)
    assert read_own(tmp_path / "a.kernel") == b"code"
    (tmp_path / "a.kernel").chmod(0o664)
    with pytest.raises(PermissionError):
        read_own(tmp_path / "a.kernel")


def test_a_folder_that_cant_be_written_says_why(tmp_path, monkeypatch):
    def fails(**_):
        raise OSError(30, "Read-only file system")

    (tmp_path / "file").touch()
    assert why_not_kept(tmp_path / "file" / "below") == f"{tmp_path / 'file'} can't be used (File exists)"
    monkeypatch.setattr("tempfile.TemporaryFile", fails)  # not chmod, which does not hold back root
    assert why_not_loaded(tmp_path) is None
    assert why_not_kept(tmp_path) == f"{tmp_path} can't be written (Read-only file system)"


def test_where_the_kernels_are(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "link" / "kernels"))
    assert default_folder() == tmp_path / "kernels" / "fastmlp"
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    for xdg in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", xdg)
        assert default_folder() == tmp_path / ".cache" / "numba" / "fastmlp"
        with monkeypatch.context() as patch:
            patch.setattr("os.path.expanduser", lambda path: path)  # HOME is not set and the user is unknown
            assert default_folder() is None
    assert why_not_loaded(None) == why_not_kept(None) == "no home folder is known"


def test_what_nobody_has_used_for_a_month_is_removed(tmp_path):
    now, old = time.time(), time.time() - 31 * 86400
    names = {name: f"{name:x<20}".replace("x", "a") for name in ("01", "02", "03", "04")}
    own, young, unused, shared = (tmp_path / name for name in names.values())
    for folder in (own, young, unused, shared, tmp_path / "of-the-user"):
        folder.mkdir()
        (folder / "a.kernel").touch()
    (shared / "note.txt").touch()
    (own / "left.tmp").touch()
    (own / "new.tmp").touch()
    os.utime(own / "left.tmp", (old, old))
    (tmp_path / ("05" + "b" * 18)).symlink_to(young)
    for folder in (own, unused, shared, tmp_path / "of-the-user"):
        os.utime(folder, (old, old))
    remove_unused(own)
    assert sorted(path.name for path in own.iterdir()) == ["a.kernel", "new.tmp"]
    assert not unused.exists()
    assert [path.name for path in shared.iterdir()] == ["note.txt"]
    assert (young / "a.kernel").exists()
    assert (tmp_path / "of-the-user" / "a.kernel").exists()
    assert (tmp_path / ("05" + "b" * 18)).is_symlink()
    module.note_use(own)
    assert own.stat().st_mtime >= now - 1
