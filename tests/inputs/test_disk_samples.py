"""Samples on the disk: as they are read, in parts, and what is said of wrong ones."""

import numpy as np
import pytest

from fastmlp import Network
from fastmlp.errors import InputError
from fastmlp.inputs.arrays import as_inputs
from fastmlp.inputs.disk_samples import DiskSamples, as_samples
from fastmlp.inputs.schema import Schema
from fastmlp.inputs.training_data import fingerprint

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (50, 12), np.uint8)
FLOATS = RNG.standard_normal((50, 12))
F4, F8 = np.dtype(np.float32), np.dtype(np.float64)


@pytest.mark.parametrize("part", [1, 100, 1 << 20])
@pytest.mark.parametrize("stored", ["u1", "<f4", ">f4", "<f8", ">f8"])
@pytest.mark.parametrize("dtype", [F4, F8])
def test_samples_are_read_as_they_would_be_in_memory(on_disk, monkeypatch, stored, dtype, part):
    monkeypatch.setattr("fastmlp.inputs.disk_samples.PART_BYTES", part)
    X = BYTES if stored == "u1" else FLOATS.astype(stored)
    samples = as_samples(on_disk(X), 12, dtype)
    assert isinstance(samples, DiskSamples)
    wanted = X if stored == "u1" else X.astype(dtype)
    assert (len(samples), samples.shape, samples.dtype) == (50, (50, 12), wanted.dtype)
    for rows in (None, np.array([0]), np.array([3, 4, 20, 49]), np.arange(50)):
        found = np.zeros_like(wanted if rows is None else wanted[rows])
        for where, rows_read in samples.parts(rows):
            found[where] += rows_read
        np.testing.assert_array_equal(found, wanted if rows is None else wanted[rows])


SCHEMAS = [
    Schema(scale="pixels", low=0, high=255),
    Schema(scale="pixels", low=0, high=255, is_dark_on_light=True),
    Schema(scale="pixels", low=0, high=1),
    Schema(scale="as it is", low=-3, high=3),
    Schema(scale="standardized", low=-3, high=3, mean=(0.5,) * 12, deviation=(2.0,) * 12),
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=range(5))
@pytest.mark.parametrize("stored", ["u1", "<f4", ">f8"])
def test_samples_on_the_disk_are_scaled_as_those_in_memory(on_disk, schema, stored):
    for X in (BYTES, BYTES / 255) if schema.scale == "pixels" else (BYTES / 80,):
        X = X.astype(stored)
        samples = as_samples(on_disk(X), 12, F4, schema=schema)
        assert isinstance(samples, DiskSamples)
        found = np.concatenate([part.copy() for _, part in samples.parts()])
        wanted = as_inputs(X, 12, F4, schema=schema)
        if found.dtype != wanted.dtype:  # whole pixels in memory are bytes
            wanted = wanted / np.float32(255)
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7, strict=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_a_wrong_value_is_named(on_disk, value):
    X = FLOATS.copy()
    X[41, 7] = value
    with pytest.raises(InputError, match=r"^X\[41, 7\] is (nan|inf) as float32: remove"):
        Network((12, 3)).predict(on_disk(X))


def test_a_wrong_shape_is_named(on_disk):
    with pytest.raises(InputError, match=r"X has shape \(50, 12\), but the network takes"):
        as_samples(on_disk(BYTES), 13, F4)


def test_other_dtypes_are_taken_in_memory(on_disk):
    assert as_samples(on_disk(BYTES // 128 > 0), 12, F4).dtype == F4
    with pytest.warns(UserWarning, match="int16"):
        np.testing.assert_array_equal(as_samples(on_disk(BYTES.astype(np.int16)), 12, F4), BYTES)


def test_a_fingerprint_reads_places_all_over_the_file(on_disk, monkeypatch):
    monkeypatch.setattr("fastmlp.inputs.disk_samples.PLACE_BYTES", 12)
    monkeypatch.setattr("fastmlp.inputs.disk_samples.PLACES_HASHED", 5)
    given = RNG.integers(0, 256, (500, 12), np.uint8)
    prints = set()
    changed = (0, 1, 124, 249, 250, 374, 498, 499)
    for row in (None, *changed):
        X = given.copy()
        if row is not None:
            X[row, 3] ^= 1
        prints.add(fingerprint(as_samples(on_disk(X), 12, F4)))
    prints |= {fingerprint(as_samples(on_disk(X), X.shape[1], F4)) for X in (given[:-1], given.reshape(250, 24))}
    assert len(prints) == 1 + len(changed) + 2
    assert fingerprint(as_samples(on_disk(given), 12, F4)) in prints


@pytest.mark.parametrize("part", [100, 1 << 20])
def test_predictions_are_those_in_memory(on_disk, monkeypatch, part):
    monkeypatch.setattr("fastmlp.inputs.disk_samples.PART_BYTES", part)
    network, y = Network((12, 8, 3), seed=1), np.arange(50) % 3
    outputs, labels, evaluation = network.predict_proba(BYTES), network.predict(BYTES), network.evaluate(BYTES, y)
    mapped = on_disk(BYTES)
    np.testing.assert_array_equal(network.predict_proba(mapped), outputs)
    np.testing.assert_array_equal(network.predict(mapped), labels)
    assert network.evaluate(mapped, y).accuracy == evaluation.accuracy
    assert network.evaluate(mapped, y).loss == pytest.approx(evaluation.loss, rel=1e-12)
