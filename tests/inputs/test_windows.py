"""Windows: what they hold, whatever is held out, and how the reading beside the training ends."""

import threading

import numpy as np
import pytest
from helpers.threads import no_thread_is_left

from fastmlp import Augmentation, InputError
from fastmlp.inputs.training_data import Form, TrainingData
from fastmlp.inputs.windows import WindowReader

RNG = np.random.default_rng(0)
N, N_IN = 300, 20
X, Y = RNG.integers(0, 256, (N, N_IN), np.uint8), RNG.integers(0, 4, N)
WEIGHTS = RNG.random(N)
FORM = Form(N_IN, 4, "cross_entropy", np.dtype(np.float32))


def reader(mapped, batch_size=7, augmentation=None, **options):
    return WindowReader(TrainingData.checked(FORM, mapped, Y, **options), batch_size, 3, augmentation or Augmentation())


def samples(window):
    """The samples, labels and weights of a window in the order of training."""
    weights = window.order * 0.0 if window.sample_weights is None else window.sample_weights[window.order]
    return list(zip(window.X[window.order].copy(), window.y[window.order], weights, strict=True))


@pytest.mark.parametrize("held_out", [None, 30, 150, 290, 299])
@pytest.mark.parametrize("window", [1, 400, 1200, 6000])
def test_an_epoch_has_every_sample_to_train_on_once(on_disk, held_out, window):
    options = {"validation": held_out, "weights": (WEIGHTS, None)}
    rows = TrainingData.checked(FORM, X, Y, **options).rows
    numbers = {row.tobytes(): i for i, row in enumerate(X)}
    each = reader(on_disk(X, window), **options)
    orders = []
    for epoch in (1, 2, 1):
        found = [sample for window in each.epoch(epoch) for sample in samples(window)]
        order = [numbers[row.tobytes()] for row, _, _ in found]
        assert sorted(order) == rows.tolist()
        assert [label for _, label, _ in found] == Y[order].tolist()
        assert [weight for _, _, weight in found] == WEIGHTS[order].astype(np.float32).tolist()
        orders.append(order)
    assert orders[0] == orders[2]
    assert orders[0] != orders[1] or len(rows) == 1
    each.close()


def test_one_window_has_the_order_of_samples_in_memory(on_disk):
    each = reader(on_disk(X, 6000), validation=50)
    (window,) = each.epoch(5)
    rows = TrainingData.checked(FORM, X, Y, validation=50).rows
    np.testing.assert_array_equal(window.X[window.order], X[np.random.default_rng((3, 5)).permutation(rows)])
    assert window.y.dtype == np.int64  # the kernel's form, whatever the labels are kept as
    each.close()


def test_all_but_the_last_window_have_whole_batches(on_disk):
    each = reader(on_disk(X))
    assert [len(window.order) for window in each.epoch(1)] == [56] * 5 + [20]
    each.close()


@pytest.mark.parametrize("dtype", ["u1", "f4"])
@pytest.mark.parametrize("held_out", [None, 50])
def test_samples_become_the_images_that_they_become_in_memory(on_disk, dtype, held_out):
    augmentation = Augmentation(shift=1, rotation=20, elastic=3.0, shape=(4, 5))
    given = X.astype(dtype)
    each = reader(on_disk(given), augmentation=augmentation, validation=held_out)
    rows = TrainingData.checked(FORM, given, Y, validation=held_out).rows
    for epoch in (1, 2):
        found = {row.tobytes() for window in each.epoch(epoch) for row in window.X}
        assert found == {row.tobytes() for row in augmentation.images(given, seed=3, epoch=epoch)[rows]}
    each.close()


def test_a_window_is_read_while_the_one_before_is_used(on_disk):
    each = reader(on_disk(X))
    fill, readers, is_read = each._fill, [], threading.Event()

    def note(*window):
        filled = fill(*window)
        readers.append(threading.get_ident())
        if len(readers) == 2:
            is_read.set()
        return filled

    each._fill = note
    first = next(each.epoch(1))
    kept = first.X.copy()
    assert is_read.wait(10)
    np.testing.assert_array_equal(first.X, kept)
    assert set(readers) != {threading.get_ident()}
    assert len(set(readers)) == 1
    each.close()
    no_thread_is_left()


def test_without_another_thread_the_training_thread_reads(on_disk, monkeypatch):
    mapped = on_disk(X)
    each = reader(mapped)
    wanted = [samples(window) for window in each.epoch(1)]
    each.close()

    def fail(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("fastmlp.system.helper._system_start", lambda: fail)
    each = reader(mapped)
    found = [samples(window) for window in each.epoch(1)]
    assert [[row.tobytes() for row, *_ in window] for window in found] == [
        [row.tobytes() for row, *_ in window] for window in wanted
    ]
    each.close()


def test_closing_does_not_wait_for_what_is_not_read_yet(on_disk):
    each = reader(on_disk(X))
    read, may_read, n = each._fill_block, threading.Event(), []

    def wait(out, numbers):
        n.append(may_read.wait(10))
        read(out, numbers)

    each._fill_block = wait
    windows = each.epoch(1)
    threading.Timer(0.05, lambda: (each._closing.set(), may_read.set())).start()
    next(windows)
    each.close()
    assert n == [True]


@pytest.mark.parametrize("wrong", ["nan", "cut"])
def test_what_goes_wrong_beside_the_training_is_raised_in_it(on_disk, tmp_path, wrong):
    given = X.astype(np.float32)
    if wrong == "nan":
        given[200, 5] = np.nan
    each = reader(on_disk(given, window=4000))
    if wrong == "cut":
        with (tmp_path / "X.npy").open("r+b") as file:
            file.truncate(200 * N_IN * 4)
    with pytest.raises(InputError, match=r"X\[200, 5\] is nan" if wrong == "nan" else "shorter than it was"):
        list(each.epoch(1))
    each.close()
