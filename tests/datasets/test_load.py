"""Loading by name or path: the order of the search, and that a name stands for the published data set only."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.small_sets import NAMES, Places, arrays, published, write_set

from fastmlp.datasets import Unreachable, dataset_places, fetch_dataset, find_dataset, load_dataset, write_idx
from fastmlp.datasets.catalogue import Published
from fastmlp.datasets.load import data_option, load_named_or_default
from fastmlp.errors import InputError

PLAIN = tuple(name.removesuffix(".gz").replace("-idx", ".idx") for name in NAMES)


def test_order_of_the_search(places: Places, catalogue: dict[str, Published], monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [places.env / "noise", places.working_copy / "noise", places.cache / "noise"]
    assert dataset_places("noise") == folders
    assert find_dataset("noise") is None
    for folder in reversed(folders):
        write_set(folder, arrays(), PLAIN)
        assert find_dataset("noise") == folder
        assert fetch_dataset("noise") == folder
    (folders[0] / PLAIN[0]).write_bytes(b"spoilt")
    with pytest.raises(InputError, match=r"env.noise.train-images"):  # this folder is read, and no other
        load_dataset("noise")
    monkeypatch.delenv("FASTMLP_DATA")
    assert dataset_places("noise") == folders[1:]
    (places.working_copy.parent / "pyproject.toml").unlink()
    assert dataset_places("noise") == folders[2:]


@pytest.mark.parametrize("names", [NAMES, PLAIN])
def test_named_data_set(places: Places, catalogue: dict[str, Published], names: tuple[str, ...]) -> None:
    write_set(places.env / "noise", arrays(), names)
    dataset = load_dataset("noise")
    assert dataset.name == "noise"
    assert dataset.classes == ("a", "b", "c")
    assert dataset.image_shape == (28, 28)
    np.testing.assert_array_equal(dataset.train.X, arrays()[0].reshape(12, 784), strict=True)
    np.testing.assert_array_equal(dataset.test.y, arrays()[3].astype(np.int64), strict=True)


def test_folders_that_are_files_are_skipped(places: Places, catalogue: dict[str, Published]) -> None:
    places.env.write_text("a file")
    write_set(places.cache / "noise", arrays())
    assert find_dataset("noise") == places.cache / "noise"


@pytest.mark.parametrize("at", range(4))
def test_other_bytes_than_the_published_ones_are_refused(
    places: Places, catalogue: dict[str, Published], at: int
) -> None:
    four = arrays()
    four[at] = np.roll(four[at], 1)
    folder = write_set(places.env / "noise", four)
    with pytest.raises(
        InputError, match=rf"not the published Test set \({NAMES[at]} has another checksum\): pass its path"
    ):
        load_dataset("noise")
    assert len(load_dataset(folder).train.X) == 12


@pytest.mark.parametrize(
    ("four", "words"),
    [
        (arrays(n_train=11), "training images are 11 x 28 x 28 uint8 instead of 12 x"),
        (arrays(n_test=5), "test images are 5 x 28 x 28 uint8 instead of 6 x"),
        ([array.astype(np.int16) for array in arrays()], "12 x 28 x 28 int16"),
        ([array + (array.ndim == 1) for array in arrays()], "its labels go to 3"),
    ],
)
def test_without_checksums_shapes_and_labels_are_compared(
    places: Places, catalogue: dict[str, Published], original: Path, four: list[np.ndarray], words: str
) -> None:
    catalogue["noise"] = published(original, by_content=False)
    folder = write_set(places.env / "noise", four)
    with pytest.raises(InputError, match=f"not the published Test set.*{words}"):
        load_dataset("noise")
    load_dataset(folder)


def test_an_incomplete_folder_is_an_error_and_not_skipped(places: Places, catalogue: dict[str, Published]) -> None:
    write_set(places.cache / "noise", arrays())
    (write_set(places.env / "noise", arrays()) / NAMES[2]).unlink()
    with pytest.raises(InputError, match=r"env.noise lacks the test images"):
        load_dataset("noise")


def test_transposed_images_are_set_upright(places: Places, catalogue: dict[str, Published], original: Path) -> None:
    catalogue["noise"] = replace(published(original), transposed=True)
    write_set(places.env / "noise", arrays())
    dataset = load_dataset("noise")
    np.testing.assert_array_equal(dataset.train.X.reshape(12, 28, 28), arrays()[0].transpose(0, 2, 1))
    np.testing.assert_array_equal(dataset.test.X.reshape(6, 28, 28), arrays()[2].transpose(0, 2, 1))
    assert dataset.train.X.flags.c_contiguous


def test_files_with_the_name_of_the_set_take_precedence(places: Places, catalogue: dict[str, Published]) -> None:
    folder = write_set(places.env / "noise", arrays(), tuple(f"noise-{name}" for name in NAMES))
    for name, array in zip(NAMES, arrays(seed=1), strict=True):
        write_idx(folder / f"other-{name}", array)
    np.testing.assert_array_equal(load_dataset("noise").train.X, arrays()[0].reshape(12, 784))
    with pytest.raises(InputError, match="two files for the training images"):
        load_dataset(folder)


def test_a_name_takes_precedence_over_a_folder_of_that_name(
    places: Places, catalogue: dict[str, Published], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_set(places.env / "noise", arrays())
    write_set(tmp_path / "here" / "noise", arrays(n_train=7))
    write_set(tmp_path / "here" / "own", arrays(n_train=8))
    monkeypatch.chdir(tmp_path / "here")
    assert len(load_dataset("noise").train.X) == 12
    assert len(load_dataset("./noise").train.X) == 7
    assert len(load_dataset(Path("noise")).train.X) == 7
    assert len(load_dataset("own").train.X) == 8
    assert load_dataset("./noise").name == "./noise"


def test_the_drawn_digits_replace_a_missing_mnist_only_if_no_name_is_given(
    places: Places, catalogue: dict[str, Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = load_dataset(write_set(places.working_copy / "any", arrays()))
    monkeypatch.setattr("fastmlp.datasets.drawn.dataset.load_drawn", lambda: drawn)
    monkeypatch.setitem(catalogue, "mnist", catalogue["noise"])
    dataset, missing = load_named_or_default(None)
    assert dataset is drawn
    assert isinstance(missing, Unreachable)
    with pytest.raises(Unreachable, match="'mnist' was not found in"):
        load_named_or_default("mnist")
    write_set(places.env / "mnist", arrays())
    for name in (None, "mnist"):
        dataset, missing = load_named_or_default(name)
        assert (dataset.name, missing) == ("mnist", None)
    assert load_named_or_default("drawn") == (drawn, None)


def test_a_data_option_is_the_same_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert data_option("mnist") == "mnist"
    assert data_option("./mnist") == data_option("a/../mnist") == str(tmp_path / "mnist")
    assert data_option("~/digits") == str(tmp_path / "home" / "digits")


def test_unknown_names(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for ask in (load_dataset, find_dataset, fetch_dataset, dataset_places):
        with pytest.raises(InputError, match="Unknown data set 'mnits': did you mean 'mnist'"):
            ask("mnits")
    with pytest.raises(InputError, match=r"There is no file or folder digits\.npz"):
        load_dataset("digits.npz")
    with pytest.raises(InputError, match="There is no file or folder"):
        load_dataset("digits/mnist")


def test_built_in_digits_need_no_files(places: Places) -> None:
    found = find_dataset("drawn")
    assert found is not None
    assert (found / "strokes.py").is_file()
    assert fetch_dataset("drawn") == found


@pytest.mark.skipif(
    not (Path(os.environ.get("FASTMLP_DATA", "")) / "mnist").is_dir(), reason="FASTMLP_DATA holds no mnist"
)
def test_real_mnist() -> None:
    dataset = load_dataset("mnist")
    assert dataset.train.X.shape == (60_000, 784)
    assert dataset.test.X.shape == (10_000, 784)
    assert dataset.train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(dataset.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert dataset.train.X.mean() == pytest.approx(33.3184, abs=1e-4)
