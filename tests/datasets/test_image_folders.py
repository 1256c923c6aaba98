"""Folders of pictures, one for each class."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp.datasets import load_dataset
from fastmlp.errors import InputError


def draw(path: Path, value: int, size: tuple[int, int] = (5, 4), mode: str = "L") -> None:
    """Write a picture of one grey value, size as (width, height), with its first pixel black."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new(mode, size, value if mode == "L" else (value, value, value))
    picture.putpixel((0, 0), 0 if mode == "L" else (0, 0, 0))
    picture.save(path)


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    for number in range(7):
        draw(tmp_path / "zero" / f"{number}.png", number)
        draw(tmp_path / "one" / f"{number}.PNG", 100 + number, mode="RGB")
    (tmp_path / "one" / "notes.txt").write_text("not a picture")
    draw(tmp_path / "one" / ".hidden.png", 0, size=(1, 1))
    draw(tmp_path / ".cache" / "a.png", 0, size=(1, 1))
    dataset = load_dataset(tmp_path)
    assert dataset.classes == ("one", "zero")
    assert dataset.image_shape == (4, 5)
    assert dataset.train.X.dtype == np.uint8
    assert (dataset.train.X.shape, dataset.test.X.shape) == ((12, 20), (2, 20))
    for split in (dataset.train, dataset.test):
        assert (split.X[:, 0] == 0).all()
        np.testing.assert_array_equal(split.X[:, 1] < 50, split.y == 1)
    values = np.concatenate([dataset.train.X[:, 19], dataset.test.X[:, 19]])
    assert sorted(values.tolist()) == [*range(7), *range(100, 107)]


def test_train_and_test_folders(tmp_path: Path) -> None:
    draw(tmp_path / "train" / "2" / "a.png", 20)
    draw(tmp_path / "train" / "10" / "a.png", 100)
    draw(tmp_path / "test" / "10" / "b.bmp", 101)
    dataset = load_dataset(tmp_path)
    assert dataset.classes == ("2", "10")
    assert sorted(zip(dataset.train.X[:, 1].tolist(), dataset.train.y.tolist(), strict=True)) == [(20, 0), (100, 1)]
    assert dataset.test.X[:, 1].tolist() == [101]
    assert dataset.test.y.tolist() == [1]


def test_train_may_be_the_name_of_a_class(tmp_path: Path) -> None:
    draw(tmp_path / "train" / "a.jpg", 20)
    draw(tmp_path / "car" / "a.jpg", 100)
    assert load_dataset(tmp_path).classes == ("car", "train")


def test_sixteen_bits_are_divided_by_256(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.fromarray(np.array([[0, 255, 256, 65535]], np.uint16)).save(tmp_path / name / "a.png")
    assert load_dataset(tmp_path).train.X.tolist() == [[0, 0, 1, 255]]


def test_refuses_a_second_size(tmp_path: Path) -> None:
    for name, size in (("a/1", (5, 4)), ("a/2", (5, 4)), ("b/1", (4, 5)), ("b/2", (9, 9))):
        draw(tmp_path / f"{name}.png", 9, size)
    with pytest.raises(InputError, match=r"b.1\.png has 4 x 5 pixels, not 5 x 4 as .*a.1\.png"):
        load_dataset(tmp_path)


def test_refuses_a_test_folder_without_pictures(tmp_path: Path) -> None:
    draw(tmp_path / "train" / "a" / "a.png", 20)
    with pytest.raises(InputError, match=r"pictures in train/ but none in test/"):
        load_dataset(tmp_path)


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """Return a PNG file that claims a size and holds `pixels`."""
    content = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    for kind, chunk in ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")):
        content += struct.pack(">I", len(chunk)) + kind + chunk + struct.pack(">I", zlib.crc32(kind + chunk))
    return content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a picture"),
        (b"no picture", "not a picture"),
        (png_of(5, 4), "truncated"),
        (png_of(10_000, 10_000), "too many pixels"),  # Pillow only warns
        (png_of(60_000, 60_000), "too many pixels"),
    ],
)
def test_refuses_what_is_no_picture(tmp_path: Path, content: bytes, words: str) -> None:
    draw(tmp_path / "a" / "1.png", 20)
    (tmp_path / "a" / "2.png").write_bytes(content)
    with pytest.raises(InputError, match=rf"a.2\.png: .*{words}"):
        load_dataset(tmp_path)


def test_pictures_that_do_not_fit_in_memory_are_refused_after_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        Image.fromarray(np.zeros((30, 40), np.uint8)).save(tmp_path / label / "1.png")
    monkeypatch.setattr("fastmlp.system.input_files.memory", lambda: 2000)
    with pytest.raises(InputError, match="does not fit in memory: scale the pictures down"):
        load_dataset(tmp_path)
