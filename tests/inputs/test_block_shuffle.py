"""The rule by which samples on the disk are shuffled."""

import numpy as np
import pytest

from fastmlp.inputs.block_shuffle import Sizes, sizes_for, spans_of_windows
from fastmlp.inputs.disk_samples import as_samples


def windows(sizes, seed=0):
    spans = spans_of_windows(sizes, np.random.default_rng(seed))
    return [np.concatenate([np.arange(*span) for span in each]) for each in spans]


@pytest.mark.parametrize("n", [1, 2, 59, 60, 61, 1000])
@pytest.mark.parametrize("block", [1, 7, 60, 2000])
@pytest.mark.parametrize("window", [1, 10, 60, 300])
def test_every_sample_is_in_one_window(n, block, window):
    found = windows(Sizes(n, block, window))
    assert [len(each) for each in found[:-1]] == [window] * ((n - 1) // window)
    np.testing.assert_array_equal(np.sort(np.concatenate(found)), np.arange(n))
    for each in found:
        assert (np.diff(each) > 0).all()  # the disk is read forwards


def test_the_disk_is_read_in_blocks():
    for spans in spans_of_windows(Sizes(100_000, 50, 5000), np.random.default_rng(0)):
        lengths = spans[:, 1] - spans[:, 0]
        assert len(spans) <= 102
        assert np.sort(lengths)[2:].min() == 50  # but for the blocks that the window's ends cut


def test_blocks_are_mixed_anew_by_each_generator():
    first, second = windows(Sizes(100_000, 50, 5000)), windows(Sizes(100_000, 50, 5000), seed=1)
    means = np.array([each.mean() for each in first])
    assert (abs(means - 50_000) < 5 * 100_000 / 12**0.5 / 10).all()  # 100 blocks from all over the file
    assert not any(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(first, windows(Sizes(100_000, 50, 5000)), strict=True))


def test_one_window_leaves_the_generator_as_it_was():
    used, fresh = np.random.default_rng(3), np.random.default_rng(3)
    (spans,) = spans_of_windows(Sizes(100, 30, 100), used)
    assert spans.tolist() == [[0, 30], [30, 60], [60, 90], [90, 100]]
    assert used.integers(1 << 60) == fresh.integers(1 << 60)


@pytest.mark.parametrize(
    ("shape", "dtype", "batch", "wanted"),
    [
        ((50, 20), "u1", 7, (3, 56)),  # 1200 bytes a window, 60 a block
        ((50, 20), "u1", 60, (3, 60)),
        ((50, 20), "u1", 61, (3, 61)),  # never less than a batch
        ((50, 20), "f8", 1, (1, 15)),  # blocks are of the file, windows of memory
        ((50, 2), "f4", 10, (7, 150)),
    ],
)
def test_windows_hold_whole_batches(on_disk, shape, dtype, batch, wanted):
    X = as_samples(on_disk(np.zeros(shape, dtype)), shape[1], np.dtype(np.float32))
    assert sizes_for(X, 40, batch) == Sizes(40, *wanted)
