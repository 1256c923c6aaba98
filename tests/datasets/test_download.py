"""Downloads from a mirror on this machine: what is accepted and refused, and that nothing incomplete is left."""

import gzip
import hashlib
import os
import socket
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.small_sets import NAMES, Mirror, Places, arrays, published, write_set

import fastmlp
from fastmlp.datasets import Unreachable, fetch_dataset, find_dataset, load_dataset
from fastmlp.datasets.catalogue import Published, PublishedFile
from fastmlp.datasets.download import download
from fastmlp.errors import InputError


@pytest.fixture
def dead() -> str:
    """The address of a mirror that refuses connections."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/"


def left_over(folder: Path) -> list[str]:
    """Return the names in a folder, without lock files, which are not deleted."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_named_set_is_downloaded_once(
    places: Places, catalogue: dict[str, Published], original: Path, mirror: Mirror
) -> None:
    catalogue["noise"] = published(original, mirror.add(original))
    dataset = load_dataset("noise")
    np.testing.assert_array_equal(dataset.train.X, arrays()[0].reshape(12, 784), strict=True)
    assert dataset.classes == ("a", "b", "c")
    assert find_dataset("noise") == places.cache / "noise"
    assert left_over(places.cache) == ["noise"]
    assert left_over(places.cache / "noise") == sorted(NAMES)
    assert mirror.asked == [f"/{name}" for name in NAMES]
    load_dataset("noise")
    assert fetch_dataset("noise") == places.cache / "noise"
    assert len(mirror.asked) == 4


def test_files_of_the_cache_that_are_wrong_are_downloaded_again(
    places: Places, catalogue: dict[str, Published], original: Path, mirror: Mirror
) -> None:
    catalogue["noise"] = published(original, mirror.add(original))
    (fetch_dataset("noise") / NAMES[2]).write_bytes(b"spoilt")
    assert fetch_dataset("noise") == places.cache / "noise"
    assert len(load_dataset("noise").train.X) == 12
    assert len(mirror.asked) == 8
    assert left_over(places.cache) == ["noise"]


def test_a_dead_mirror_is_skipped(tmp_path: Path, original: Path, mirror: Mirror, dead: str) -> None:
    entry = published(original, dead, mirror.add(original))
    assert download("noise", entry, tmp_path / "cache" / "noise") == tmp_path / "cache" / "noise"
    assert left_over(tmp_path / "cache" / "noise") == sorted(NAMES)


def test_a_mirror_that_lacks_one_file_is_skipped(tmp_path: Path, original: Path, mirror: Mirror) -> None:
    entry = published(original, mirror.add(original, "first/"), mirror.add(original, "second/"))
    del mirror.contents[f"/first/{NAMES[2]}"]
    download("noise", entry, tmp_path / "cache" / "noise")
    assert mirror.asked == [f"/first/{name}" for name in NAMES[:3]] + [f"/second/{name}" for name in NAMES[2:]]


def test_no_mirror_can_be_reached(
    places: Places, catalogue: dict[str, Published], original: Path, mirror: Mirror, dead: str
) -> None:
    catalogue["noise"] = published(original, dead, mirror.address + "/gone/")
    with pytest.raises(Unreachable) as caught:
        load_dataset("noise")
    sentence = str(caught.value)
    for words in (
        "'noise'",
        str(places.env / "noise"),
        str(places.working_copy / "noise"),
        str(places.cache / "noise"),
        f"{dead}: no connection",
        "/gone/: HTTP status 404",
        "four IDX files",
        "FASTMLP_DATA",
        "data/noise",
    ):
        assert words in sentence
    assert "\n" not in sentence
    assert left_over(places.cache) == []


def test_a_mirror_that_hangs_is_given_up(tmp_path: Path, original: Path, mirror: Mirror, monkeypatch) -> None:
    monkeypatch.setattr("fastmlp.datasets.download.READ_SECONDS", 0.05)
    mirror.delay = 0.5
    with pytest.raises(Unreachable, match="stopped answering"):
        download("noise", published(original, mirror.add(original)), tmp_path / "cache" / "noise")


@pytest.mark.parametrize("by_content", [True, False])
@pytest.mark.parametrize("sent", ["<html>Please log in</html>", "another set", "cut"])
def test_wrong_bytes_are_reported(tmp_path: Path, original: Path, mirror: Mirror, sent: str, by_content: bool) -> None:
    entry = published(original, mirror.add(original), by_content=by_content)
    if sent == "another set":
        mirror.add(write_set(tmp_path / "another", arrays(seed=1)))
    elif sent == "cut":
        mirror.contents[f"/{NAMES[0]}"] = mirror.contents[f"/{NAMES[0]}"][:-1]
    else:
        mirror.contents[f"/{NAMES[0]}"] = sent.encode()
    with pytest.raises(InputError, match=rf"{mirror.address}/ sent .* for {NAMES[0]}") as caught:
        download("noise", entry, tmp_path / "cache" / "noise")
    assert not isinstance(caught.value, Unreachable)
    assert left_over(tmp_path / "cache") == []


def test_wrong_bytes_then_the_right_ones_from_the_next_mirror(tmp_path: Path, original: Path, mirror: Mirror) -> None:
    entry = published(original, mirror.add(original, "first/"), mirror.add(original, "second/"))
    mirror.contents[f"/first/{NAMES[1]}"] = b"wrong"
    folder = download("noise", entry, tmp_path / "cache" / "noise")
    for name in NAMES:
        assert (folder / name).read_bytes() == (original / name).read_bytes()


def test_a_file_that_is_compressed_anew_is_accepted_by_its_content_only(
    tmp_path: Path, original: Path, mirror: Mirror
) -> None:
    address = mirror.add(original)
    for name in NAMES:
        packed = gzip.compress(gzip.decompress((original / name).read_bytes()), compresslevel=1, mtime=99)
        assert packed != mirror.contents[f"/{name}"]
        mirror.contents[f"/{name}"] = packed
    download("noise", published(original, address), tmp_path / "cache" / "noise")
    with pytest.raises(InputError, match="another checksum"):
        download("other", published(original, address, by_content=False), tmp_path / "cache" / "other")
    assert left_over(tmp_path / "cache") == ["noise"]


def test_an_endless_answer_is_cut_off(tmp_path: Path, original: Path, mirror: Mirror) -> None:
    entry = published(original, mirror.add(original))
    mirror.contents[f"/{NAMES[0]}"] += bytes(10 << 20)
    with pytest.raises(InputError, match="more than twice the bytes"):
        download("noise", entry, tmp_path / "cache" / "noise")
    assert left_over(tmp_path / "cache") == []


def test_connection_that_breaks_leaves_nothing(tmp_path: Path, original: Path, mirror: Mirror) -> None:
    entry = published(original, mirror.add(original))
    mirror.cut_after = 20
    with pytest.raises(Unreachable, match="connection broken"):
        download("noise", entry, tmp_path / "cache" / "noise")
    assert left_over(tmp_path / "cache") == []
    mirror.cut_after = None
    download("noise", entry, tmp_path / "cache" / "noise")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_an_interrupt_leaves_nothing(tmp_path: Path, original: Path, mirror: Mirror, monkeypatch, error) -> None:
    def interrupt(path: Path, file: PublishedFile) -> None:
        if file.name == NAMES[3]:
            raise error

    monkeypatch.setattr("fastmlp.datasets.download.check", interrupt)
    with pytest.raises(error):
        download("noise", published(original, mirror.add(original)), tmp_path / "cache" / "noise")
    assert len(mirror.asked) == 4
    assert left_over(tmp_path / "cache") == []


def test_files_of_a_killed_process_are_removed(tmp_path: Path, original: Path, mirror: Mirror) -> None:
    (tmp_path / "cache" / ".noise.abc" / "new").mkdir(parents=True)
    (tmp_path / "cache" / ".other.abc").mkdir()
    download("noise", published(original, mirror.add(original)), tmp_path / "cache" / "noise")
    assert left_over(tmp_path / "cache") == [".other.abc", "noise"]


def test_two_processes_download_once(tmp_path: Path, original: Path, mirror: Mirror) -> None:
    entry = published(original, mirror.add(original))
    mirror.delay = 0.2
    code = (
        "from fastmlp.datasets.download import *; from fastmlp.datasets.catalogue import *; "
        f"download('noise', {entry!r}, Path({str(tmp_path / 'cache' / 'noise')!r}))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(fastmlp.__file__).parents[1])}
    both = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert mirror.asked == [f"/{name}" for name in NAMES]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied")])
def test_disk_errors_are_not_blamed_on_the_mirror(
    tmp_path: Path, original: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fail(*_: object) -> None:
        raise error

    entry = published(original, mirror.add(original))
    monkeypatch.setattr("fastmlp.datasets.download.os.fsync", fail)
    with pytest.raises(Unreachable, match=rf"can't be stored in .*noise \({error.strerror}\).*FASTMLP_DATA"):
        download("noise", entry, tmp_path / "cache" / "noise")


def test_a_cache_folder_that_can_not_be_created(tmp_path: Path, original: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match="can't be stored in"):
        download("noise", published(original), tmp_path / "cache" / "noise")


def zipped(folder: Path, path: Path, names: tuple[str, ...]) -> PublishedFile:
    """Zip the files of a folder as EMNIST's are zipped, together with another file."""
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gzip/other-train-images-idx3-ubyte.gz", b"not wanted")
        for name in names:
            archive.write(folder / name, f"gzip/{name}")
    return PublishedFile(path.name, path.stat().st_size)


def test_only_the_wanted_files_of_a_zip_are_kept(
    places: Places, catalogue: dict[str, Published], original: Path, mirror: Mirror, tmp_path: Path
) -> None:
    entry = published(original, f"{mirror.address}/")
    archive = zipped(original, tmp_path / "zip" / "all.zip", NAMES)
    content = (tmp_path / "zip" / "all.zip").read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    catalogue["noise"] = replace(entry, zip_file=replace(archive, sha256=checksum), transposed=True)
    mirror.add(tmp_path / "zip")
    np.testing.assert_array_equal(load_dataset("noise").test.X.reshape(6, 28, 28), arrays()[2].transpose(0, 2, 1))
    assert left_over(places.cache / "noise") == sorted(NAMES)
    assert mirror.asked == ["/all.zip"]


def test_zip_without_the_wanted_files(tmp_path: Path, original: Path, mirror: Mirror) -> None:
    archive = zipped(original, tmp_path / "zip" / "all.zip", NAMES[:3])
    checksum = hashlib.sha256((tmp_path / "zip" / "all.zip").read_bytes()).hexdigest()
    entry = replace(published(original, mirror.add(tmp_path / "zip")), zip_file=replace(archive, sha256=checksum))
    with pytest.raises(InputError, match=r"all\.zip does not hold the published files"):
        download("noise", entry, tmp_path / "cache" / "noise")
    assert left_over(tmp_path / "cache") == []


def test_progress_is_shown_on_a_terminal_only(
    tmp_path: Path, original: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = published(original, mirror.add(original))
    download("noise", entry, tmp_path / "cache" / "noise")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    download("noise", entry, tmp_path / "second" / "noise")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert NAMES[0] in shown.err
    assert "100%" in shown.err
