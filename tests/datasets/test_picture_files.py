"""Opening picture files, and the sentence for each kind of file that can't be opened."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp.datasets.picture_files import open_picture
from fastmlp.errors import InputError


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """A picture of 30 x 20 pixels."""
    Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30)).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_picture_is_opened(png: Path) -> None:
    with open_picture(png) as picture:
        assert picture.size == (30, 20)
        assert np.asarray(picture)[0, 5] == 5


def message(path: Path) -> str:
    """Return the message with which a file is refused."""
    with pytest.raises(InputError) as error, open_picture(path) as picture:
        picture.load()
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value)


def test_a_file_that_is_missing_a_folder_or_no_picture(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("seven")
    assert "no such file, check the name." in message(tmp_path / "missing.png")
    assert "this is a folder, name one picture in it." in message(tmp_path)
    assert "not a picture that Pillow can read, save it as PNG or JPEG." in message(tmp_path / "text.png")


def test_a_damaged_picture_is_refused_when_it_is_decoded(png: Path) -> None:
    png.write_bytes(png.read_bytes()[:60])
    assert "the picture can't be read (" in message(png)


@pytest.mark.parametrize("limit", [400, 100])  # Pillow warns above its limit and refuses above twice of it
def test_a_decompression_bomb(png: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert "the picture has too many pixels, scale it down." in message(png)


@pytest.mark.parametrize("error", [ValueError("odd\nmany lines"), MemoryError(), OSError(5, "Input/output error")])
def test_any_error_of_a_reader_is_one_sentence(png: Path, error: Exception) -> None:
    reasons = r"the picture can't be read \((odd|MemoryError|Input/output error)\), save it anew\.$"
    with pytest.raises(InputError, match=reasons), open_picture(png):
        raise error


def test_warnings_about_metadata_are_ignored_and_ctrl_c_is_not(png: Path) -> None:
    with open_picture(png):
        warnings.warn("odd metadata", UserWarning, stacklevel=1)
    with pytest.raises(KeyboardInterrupt), open_picture(png):
        raise KeyboardInterrupt


def test_a_program_is_no_picture(tmp_path: Path, png: Path) -> None:
    """Pillow would run a PostScript file with Ghostscript, if that is installed."""
    with Image.open(png) as picture:
        picture.convert("RGB").save(tmp_path / "a.eps")
    assert "not a picture that Pillow can read" in message(tmp_path / "a.eps")
