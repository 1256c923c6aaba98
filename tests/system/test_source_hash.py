"""The hash of sources: every file counts, and a place without one is an error."""

import pytest

from fastmlp.system import source_hash as module
from fastmlp.system.source_hash import source_hash


@pytest.fixture
def package(tmp_path, monkeypatch):
    for place in ("room/a.py", "room/deep/er/b.py", "file.py", "room/notes.txt", "other/c.py"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("before")
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    return tmp_path


@pytest.mark.parametrize("place", ["room/a.py", "room/deep/er/b.py", "file.py"])
def test_a_change_anywhere_in_the_places_changes_the_hash(package, place):
    before = source_hash("room", "file.py")
    (package / place).write_text("after")
    assert source_hash("room", "file.py") != before


def test_a_new_or_renamed_file_changes_the_hash(package):
    hashes = [source_hash("room")]
    (package / "room" / "new.py").write_text("")
    hashes.append(source_hash("room"))
    (package / "room" / "new.py").rename(package / "room" / "newer.py")
    hashes.append(source_hash("room"))
    assert len(set(hashes)) == 3


def test_other_files_do_not_count(package):
    before = source_hash("room", "file.py")
    (package / "room" / "notes.txt").write_text("after")
    (package / "other" / "c.py").write_text("after")
    assert source_hash("room", "file.py") == before


@pytest.mark.parametrize("place", ["empty", "nowhere", "nowhere.py"])
def test_a_place_without_sources_is_an_error(package, place):
    with pytest.raises(FileNotFoundError):
        source_hash("room", place)
