"""Pictures as they are: transparency, EXIF, colours and sizes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp.datasets import load_dataset
from fastmlp.datasets.pictures import is_colored, read_grey, read_rgb


def saved(path: Path, array: np.ndarray, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(array, np.uint8)).save(path, **options)
    return path


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (60, 255), (255, 0), (200, 0)])
def test_what_is_transparent_gets_the_likely_colour(tmp_path, ink, ground):
    rgba = np.zeros((6, 5, 4))
    rgba[2:4, 1:4] = (ink, ink, ink, 255)
    grey = read_grey(saved(tmp_path / "a.png", rgba))
    wanted = np.full((6, 5), ground)
    wanted[2:4, 1:4] = ink
    np.testing.assert_array_equal(grey, wanted)
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.png"), np.repeat(wanted[..., None], 3, axis=2))


def test_a_photo_is_turned_as_its_exif_entry_says(tmp_path):
    picture = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    picture.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_grey(tmp_path / "a.png"), np.rot90(np.asarray(picture), -1))


def test_pictures_in_colour_become_three_planes(tmp_path):
    for k in range(14):
        rgb = np.zeros((4, 5, 3))
        rgb[..., k % 2] = 200 + k
        saved(tmp_path / f"set/{'red' if k % 2 == 0 else 'green'}/{k}.png", rgb)
    data = load_dataset(tmp_path / "set")
    assert data.schema.image_shape == (3, 4, 5)
    assert data.image_shape is None
    planes = data.train.X.reshape(-1, 3, 4, 5)
    assert (planes[:, 0].max(axis=(1, 2)) >= 200).tolist() == (data.train.y == 1).tolist()
    assert (planes[:, 2] == 0).all()


def test_grey_pictures_in_files_of_colours_stay_grey(tmp_path):
    grey = np.random.default_rng(0).integers(0, 256, (4, 5, 1)).repeat(3, axis=2)
    assert not is_colored(saved(tmp_path / "a.png", grey))
    grey[0, 0] = (255, 0, 0)
    assert is_colored(saved(tmp_path / "b.png", grey))


def test_a_picture_is_scaled_if_a_size_is_wanted(tmp_path):
    path = saved(tmp_path / "a.png", np.kron([[0, 255], [255, 0]], np.ones((4, 4))))
    np.testing.assert_array_equal(read_grey(path, (2, 2)), [[0, 255], [255, 0]])
    assert read_rgb(path, (16, 12)).shape == (16, 12, 3)
