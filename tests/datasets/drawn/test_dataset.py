"""The built-in digits: reproducible, in the form of MNIST, and stored safely."""

import os

import numpy as np
import platformdirs
import pytest

from fastmlp.datasets.drawn import dataset as module
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.errors import InputError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return an empty cache folder; the data set is small."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name, **_: tmp_path / name)
    monkeypatch.setattr(module, "N_TRAIN", 300)
    monkeypatch.setattr(module, "N_TEST", 200)
    return tmp_path / "fastmlp"


def never(*args, **kwargs):
    raise AssertionError("drawn again")


def same(a, b):
    pairs = [(a.train.X, b.train.X), (a.train.y, b.train.y), (a.test.X, b.test.X), (a.test.y, b.test.y)]
    return all(np.array_equal(one, other) for one, other in pairs)


def test_digits_are_arrays_like_mnists(train):
    X, y = train
    assert (X.shape, X.dtype) == ((5000, 784), np.uint8)
    assert (y.shape, y.dtype) == ((5000,), np.int64)
    assert X.flags.c_contiguous


def test_the_same_seed_gives_the_same_bytes_for_any_n(train):
    X, y = draw_digits(1234)
    np.testing.assert_array_equal(X, train[0][:1234])
    np.testing.assert_array_equal(y, train[1][:1234])


def test_streams_seeds_and_chunks_share_no_digit(train, test):
    images = [*train[0], *test[0], *draw_digits(1000, seed=1)[0], *draw_digits(1000, seed=1, stream="test")[0]]
    assert len({image.tobytes() for image in images}) == len(images)
    labels = [*train[1].reshape(5, 1000), test[1], draw_digits(1000, seed=1)[1]]
    assert len({row.tobytes() for row in labels}) == len(labels)


def test_classes_are_balanced_and_in_random_order(train):
    y = train[1]
    np.testing.assert_array_equal(np.bincount(y), np.full(10, 500))
    assert 0.05 < (y[1:] == y[:-1]).mean() < 0.15


@pytest.mark.parametrize("n", [0, 1, 999, 1000, 1001])
def test_any_number_can_be_drawn(n):
    X, y = draw_digits(n)
    assert X.shape == (n, 784)
    assert y.shape == (n,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "-1 can't be the number of digits to draw: give a whole number, 0 to 10,000,000"),
        ((10**12,), "give a whole number, 0 to 10,000,000"),
        ((2.5,), "2.5 can't be"),
        ((10, -3), "-3 can't be the seed of the drawn digits: give a whole number, 0 or more"),
        ((10, "a"), "'a' can't be the seed"),
        ((10, 0, "tests"), "Unknown stream of drawn digits 'tests': did you mean 'test'"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        draw_digits(*arguments)


def test_the_data_set_is_the_first_digits_of_seed_0(cache):
    digits = module.load_drawn()
    assert repr(digits) == "Dataset('drawn', 300 + 200 samples of 784 uint8, 10 classes)"
    assert digits.classes == tuple("0123456789")
    assert digits.image_shape == (28, 28)
    np.testing.assert_array_equal(digits.train.X, draw_digits(300)[0])
    np.testing.assert_array_equal(digits.test.y, draw_digits(200, stream="test")[1])


def test_digits_are_stored_in_the_cache_and_mapped_from_there(cache, monkeypatch):
    first = module.load_drawn()
    (folder,) = cache.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == sorted([*module.FILES, module.SUMS])
    monkeypatch.setattr(module, "draw_digits", never)
    second = module.load_drawn()
    assert same(first, second)
    assert type(second.train.X) is np.ndarray
    assert second.train.X.dtype == np.uint8
    second.train.X[:] = 7  # the array can be written to; the file does not change
    assert same(first, module.load_drawn())


def truncate(folder):
    path = folder / "train-X.npy"
    path.write_bytes(path.read_bytes()[:-1000])


def flip(folder):
    path = folder / "test-X.npy"
    content = bytearray(path.read_bytes())
    content[-500] ^= 1
    path.write_bytes(content)


def empty(folder):
    (folder / "test-y.npy").write_bytes(b"")


def remove(folder):
    (folder / "train-y.npy").unlink()


def unfinished(folder):
    (folder / "SHA256SUMS").unlink()


def binary_sums(folder):
    (folder / "SHA256SUMS").write_bytes(b"\xff\xfe\x00")


def other_arrays(folder):
    np.save(folder / "test-y.npy", np.zeros((200, 2)))
    (folder / "SHA256SUMS").write_text(module._sums(folder))


@pytest.mark.parametrize("damage", [truncate, flip, empty, remove, unfinished, binary_sums, other_arrays])
def test_a_damaged_cache_is_replaced(cache, monkeypatch, damage):
    first = module.load_drawn()
    (folder,) = cache.iterdir()
    damage(folder)
    assert same(first, module.load_drawn())
    monkeypatch.setattr(module, "draw_digits", never)
    assert same(first, module.load_drawn())


@pytest.mark.parametrize("name", ["train-X.npy", "SHA256SUMS"])
def test_a_pipe_in_the_cache_is_not_waited_for(cache, name):
    first = module.load_drawn()
    (folder,) = cache.iterdir()
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert same(first, module.load_drawn())


def test_without_a_writable_folder_they_are_drawn_every_time(cache):
    cache.write_text("a file where the folder should be")
    assert same(module.load_drawn(), module.load_drawn())
    assert cache.is_file()


def test_a_full_disk_leaves_nothing_behind(cache, monkeypatch):
    def full(path, array):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    digits = module.load_drawn()
    assert len(digits.train.X) == 300
    (folder,) = cache.iterdir()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "source", ["drawn/dataset.py", "drawn/handwriting.py", "drawn/strokes.py", "kernels/images/rasterize.py"]
)
def test_changed_code_stores_its_digits_in_another_folder(cache, monkeypatch, source):
    before = module.cache_folder()
    assert before == module.cache_folder()
    path_type = type(before)
    read = path_type.read_bytes

    def edited(path):
        return read(path) + (b"# edited" if path.as_posix().endswith(f"/{source}") else b"")

    monkeypatch.setattr(path_type, "read_bytes", edited)
    assert module.cache_folder() != before
