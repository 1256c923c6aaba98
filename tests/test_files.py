"""Files are written whole or not at all."""

import os

import pytest

from fastmlp.errors import unknown_name
from fastmlp.files import replacing, write_text


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


def test_the_nearest_name_is_proposed():
    assert str(unknown_name("data set", "MNIST", ["mnist", "kmnist"])).endswith("did you mean 'mnist'?")
    assert str(unknown_name("loss", "x", ["a", "b"])) == "Unknown loss 'x': known are a, b."
