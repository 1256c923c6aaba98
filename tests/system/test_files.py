"""Files are written whole or not at all."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from fastmlp.errors import InputError
from fastmlp.system import locks
from fastmlp.system.files import replacing, writable_folder, write_bytes, write_text


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:  # noqa: PT012
        temporary.write_text("half")
        assert path.read_text() == "old"
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    write_text(path, "é")
    assert path.read_bytes() == "é".encode()
    assert os.listdir(tmp_path) == ["a.txt"]  # noqa: PTH208


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")
def test_permissions_are_the_users_and_links_stay(tmp_path):
    previous = os.umask(0o027)
    try:
        write_text(tmp_path / "real.txt", "a")
    finally:
        os.umask(previous)
    assert (tmp_path / "real.txt").stat().st_mode & 0o777 == 0o640
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_text(tmp_path / "link.txt", "b")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "b"


def test_errors_name_the_file_that_was_wanted(tmp_path):
    for path in (tmp_path / "none" / "a.txt", tmp_path):
        with pytest.raises(OSError, match=r".") as error:
            write_text(path, "a")
        assert error.value.filename == str(path)
    assert not os.listdir(tmp_path)  # noqa: PTH208


@pytest.mark.skipif(os.name == "nt", reason="POSIX names")
def test_bytes_are_written_beside_and_then_renamed(tmp_path):
    with replacing(tmp_path / "a.csv") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".a-")  # hidden
        assert temporary.suffix == ".csv"
        assert not (tmp_path / "a.csv").exists()
    assert (tmp_path / "a.csv").read_bytes() == b""
    write_bytes(tmp_path / "a.csv", b"\x00\xff")
    assert (tmp_path / "a.csv").read_bytes() == b"\x00\xff"


WRITER = """
import sys
from pathlib import Path
from fastmlp.system.files import replacing

with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print(temporary.name, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX locks")
def test_what_a_killed_writer_leaves_is_removed_at_the_next_write_and_never_while_it_lives(tmp_path):
    for name in (".a-0123456789abcdef.csv", ".part", "a-0123456789abcdef.part.csv"):  # a user's own
        (tmp_path / name).touch()
    kept = set(tmp_path.iterdir())
    command = [sys.executable, "-c", WRITER, tmp_path / "a.csv"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        temporary = tmp_path / writer.stdout.readline().strip()
        write_text(tmp_path / "b.csv", "whole")
        assert temporary.read_text() == "half"
        writer.kill()
    assert temporary.exists()
    write_text(tmp_path / "c.txt", "whole")
    assert set(tmp_path.iterdir()) == kept | {tmp_path / "b.csv", tmp_path / "c.txt"}


@pytest.mark.skipif(os.name == "nt", reason="POSIX locks")
@pytest.mark.parametrize("removed", [True, False], ids=["removed", "held"])
def test_a_file_that_was_taken_for_a_leftover_before_it_was_locked_is_made_again(tmp_path, monkeypatch, removed):
    real, calls = locks.lock, []

    def late(descriptor):
        calls.append(descriptor)
        if len(calls) == 1:
            (temporary,) = tmp_path.iterdir()
            temporary.unlink()
            if not removed:
                raise BlockingIOError
        real(descriptor)

    monkeypatch.setattr(locks, "lock", late)
    write_text(tmp_path / "a.txt", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert len(calls) == 2


def test_writers_at_once_take_nothing_from_each_other(tmp_path):
    def write(number):
        for count in range(100):
            write_text(tmp_path / f"{number}.txt", str(count))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {f"{n}.txt": "99" for n in range(4)}


def test_a_name_of_the_greatest_length_can_be_written(tmp_path):
    path = tmp_path / ("ä" * 125 + ".txt")
    write_text(path, "a")
    assert path.read_text() == "a"


def test_a_writable_folder_is_created_and_left_empty(tmp_path):
    folder = writable_folder(tmp_path / "new" / "below")
    assert folder == tmp_path / "new" / "below"
    assert list(folder.iterdir()) == []
    assert writable_folder(folder) == folder


def test_a_folder_that_can_not_be_written_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"The folder '.*below' can't be written \(Not a directory\): choose one with"):
        writable_folder(tmp_path / "file" / "below")

    def denied(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", denied)  # not chmod, which does not hold back root
    with pytest.raises(InputError, match=r"can't be written \(Permission denied\)"):
        writable_folder(tmp_path)


def test_a_name_that_is_no_utf8_can_be_written(tmp_path):
    write_text(tmp_path / "a", f"the data set {os.fsdecode(bytes([0xFF]))} é")
    assert (tmp_path / "a").read_text(encoding="utf-8") == r"the data set \udcff é"


def test_a_loop_of_links_is_replaced(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    write_text(tmp_path / "loop", "new")
    assert (tmp_path / "loop").read_text() == "new"
