"""Tables as data sets: CSV and Parquet files and data frames give the same samples."""

from pathlib import Path

import numpy as np
import pytest

from fastmlp import InputError, load_dataset

CSV = "age,city,y,weight\n" + "".join(
    f"{20 + k / 2},{('Rome', 'Bern')[k % 2]},{('no', 'yes')[k % 3 == 0]},{1 + k % 4}\n" for k in range(70)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "table.csv").write_text(CSV)
    return tmp_path / "table.csv"


def test_a_table_of_numbers_and_texts(path):
    data = load_dataset(path, weights="weight")
    assert data.classes == ("no", "yes")
    assert (data.train.X.shape, data.test.X.shape) == ((60, 3), (10, 3))
    assert [column.name for column in data.schema.columns] == ["age", "city"]
    assert data.schema.labels == ("y",)
    np.testing.assert_array_equal(data.train.X[:, 1] + data.train.X[:, 2], 1)
    rows = ((data.train.X[:, 0] - 20) * 2).astype(int)
    np.testing.assert_array_equal(data.weights, 1 + rows % 4)
    np.testing.assert_array_equal(data.train.y, rows % 3 == 0)
    assert abs(data.test.y.mean() - data.train.y.mean()) < 0.06  # the same fraction of each class


def test_the_seed_chooses_the_test_samples(path):
    first, again, other = (load_dataset(path, weights="weight", seed=seed).test.X for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_regression_of_several_targets(path):
    data = load_dataset(path, label=["age", "weight"], task="regression")
    assert data.classes == ("age", "weight")
    assert data.is_regression
    assert data.train.y.shape == (60, 2)
    np.testing.assert_allclose(data.schema.target_mean, data.train.y.mean(axis=0))
    assert "2 targets" in repr(data)
    with pytest.raises(
        InputError, match="row 1, column 'city': 'Rome' is not a number, as the targets of a regression are"
    ):
        load_dataset(path, label=["age", "city"], task="regression")
    with pytest.raises(InputError, match=r"row 1, column 'city': 'Rome' is not a number.*leave out --loss regression"):
        load_dataset(path, label="city", task="regression")


def test_the_task_has_a_name(path):
    with pytest.raises(InputError, match="Unknown task 'regresion': did you mean 'regression'"):
        load_dataset(path, task="regresion")


def test_weights_that_are_texts(path):
    with pytest.raises(InputError, match="column 'city', holds texts: weights are numbers"):
        load_dataset(path, weights="city")


def test_numbers_of_classes_need_not_begin_at_0(tmp_path):
    (tmp_path / "a.csv").write_text("class,a\n" + "3,1.5\n1,2.5\n" * 10)
    data = load_dataset(tmp_path / "a.csv")
    assert data.classes == ("1", "3")
    assert set(data.train.y.tolist()) == {0, 1}


def test_names_of_digits_with_leading_zeros_are_names(tmp_path):
    (tmp_path / "a.csv").write_text("class,a\n" + "007,1.5\n7,2.5\n" * 10)
    assert sorted(load_dataset(tmp_path / "a.csv").classes) == ["007", "7"]


def test_a_label_that_is_a_measurement(path):
    with pytest.raises(InputError, match=r"label 20\.5 of sample 1 is not a class.*--loss regression"):
        load_dataset(path, label="age")


def same(one, other):
    for split, wanted in ((one.train, other.train), (one.test, other.test)):
        np.testing.assert_allclose(split.X, wanted.X, rtol=1e-6)
        np.testing.assert_array_equal(split.y, wanted.y)
    assert one.classes == other.classes
    assert one.schema.columns == other.schema.columns


@pytest.mark.slow
@pytest.mark.parametrize("how", ["gzip", "tabs", "pandas", "polars", "parquet"])
def test_the_same_table_from_elsewhere(path, how, tmp_path):
    import gzip

    pandas = pytest.importorskip("pandas")
    wanted = load_dataset(path, weights="weight")
    source = tmp_path / f"other.{how}"
    if how == "gzip":
        source = tmp_path / "t.csv.gz"
        source.write_bytes(gzip.compress(CSV.encode()))
    elif how == "tabs":
        source = tmp_path / "t.tsv"
        source.write_text(CSV.replace(",", "\t"))
    elif how == "pandas":
        source = pandas.read_csv(path)
    elif how == "polars":
        source = pytest.importorskip("polars").read_csv(path)
    else:
        pytest.importorskip("pyarrow")
        source = tmp_path / "t.parquet"
        pandas.read_csv(path).to_parquet(source)
    same(load_dataset(source, weights="weight"), wanted)


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="is a Parquet file: install pyarrow"):
        load_dataset(tmp_path / "a.parquet")
