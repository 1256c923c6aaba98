"""Statistics of samples, in memory and on the disk."""

import numpy as np
import pytest

from fastmlp.inputs.statistics import standardization, value_range

X = np.random.default_rng(0).normal((1e6, -3.0), (2.0, 0.1), (40_000, 2))


def test_the_range_of_values():
    assert value_range(np.array([[1.0, -2.0], [3.0, 0.0]])) == (-2, 3, True)
    assert value_range(np.array([[1.0, -2.5], [3.0, 0.0]])) == (-2.5, 3, False)
    assert value_range(np.array([[1, 300]])) == (1, 300, True)
    assert value_range(np.uint8([[1, 3]])) == (0, 255, True)
    assert np.isnan(value_range(np.array([[1.0, np.nan]])).high)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_mean_and_deviation(dtype):
    mean, deviation = standardization(X.astype(dtype))
    exact = X.astype(dtype).astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(deviation, exact.std(axis=0), rtol=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_a_constant_column_has_deviation_1(value):
    assert standardization(np.full((1000, 1), value))[1].tolist() == [1.0]


def test_zeros_of_a_sparse_column_stay_zeros():
    sparse = np.zeros((100, 2))
    sparse[::10, 0], sparse[::2, 1] = (3.0, 4.0) * 5, 1.0
    mean, deviation = standardization(sparse)
    assert mean.tolist() == [0.0, 0.5]
    np.testing.assert_allclose(deviation, [np.sqrt(12.5), 0.5])


def test_samples_on_the_disk_are_judged_by_some_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr("fastmlp.system.file_arrays.LARGE", 0)
    monkeypatch.setattr("fastmlp.inputs.statistics.PLACE_BYTES", 1600)
    for order in "<>":
        np.save(tmp_path / "X.npy", X.astype(f"{order}f8"))
        mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
        mean, deviation = standardization(mapped)
        assert not np.array_equal(mean, X.mean(axis=0))
        np.testing.assert_allclose(mean, X.mean(axis=0), atol=0.2)
        np.testing.assert_allclose(deviation, X.std(axis=0), rtol=0.1)
        assert X.min() <= value_range(mapped).low < value_range(mapped).high <= X.max()
