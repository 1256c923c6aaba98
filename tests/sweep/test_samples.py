"""The samples of a sweep: which are held out, and the fingerprint of a data set."""

import dataclasses

import numpy as np
import pytest

from fastmlp.datasets import Split
from fastmlp.datasets.assemble import assemble
from fastmlp.errors import InputError
from fastmlp.inputs.packed import Packed
from fastmlp.sweep.samples import SweepSamples


def rows(samples):
    return {row.tobytes() for row in samples.X}


def test_the_samples_held_out_are_not_trained_on(few_digits):
    samples = SweepSamples.split(few_digits, 0.25, 0)
    assert (len(samples.train.X), len(samples.validation.X)) == (300, 100)
    assert not rows(samples.train) & rows(samples.validation)
    assert rows(samples.train) | rows(samples.validation) == rows(few_digits.train)
    other = SweepSamples.split(few_digits, 0.25, 1)
    assert not np.array_equal(other.validation.X, samples.validation.X)


def test_one_changed_sample_changes_the_fingerprint(few_digits):
    fingerprints = {SweepSamples.split(few_digits, 0.25, 0).fingerprint}
    for name in ("train", "test"):
        X, y = getattr(few_digits, name)
        changed = np.where(np.arange(len(y))[:, None] == 7, 0, X).astype(X.dtype)
        for split in ((changed, y), (X, np.roll(y, 1))):
            other = dataclasses.replace(few_digits, **{name: Split(*split)})
            fingerprints.add(SweepSamples.split(other, 0.25, 0).fingerprint)
    assert len(fingerprints) == 5


def test_too_few_samples_are_refused(few_digits):
    with pytest.raises(InputError, match="that is 0 of 400 training samples"):
        SweepSamples.split(few_digits, 0.0001, 0)


def test_samples_that_do_not_fit_in_memory_are_refused(few_digits, monkeypatch):
    monkeypatch.setattr("fastmlp.sweep.samples.memory", lambda: 2 * few_digits.train.X.nbytes)
    SweepSamples.split(few_digits, 0.25, 0)
    monkeypatch.setattr("fastmlp.sweep.samples.memory", lambda: 2 * few_digits.train.X.nbytes - 2)
    with pytest.raises(InputError, match="a sweep holds all samples in memory: give it fewer"):
        SweepSamples.split(few_digits, 0.25, 0)


def test_images_are_packed_for_wide_first_layers_only(few_digits):
    train = SweepSamples.split(few_digits, 0.25, 0).train
    assert isinstance(train.for_width(64), Packed)
    assert train.for_width(4) is train.X


def test_a_table_is_standardized_once_for_all_trials():
    rng = np.random.default_rng(0)
    X, y = rng.normal((5.0, -300.0), (1.0, 50.0), (140, 2)), np.arange(140) % 2
    data = assemble("table", (X, y), None)
    samples = SweepSamples.split(data, 0.25, 0)
    both = np.concatenate([samples.train.X, samples.validation.X])
    np.testing.assert_allclose(both.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(both.std(axis=0), 1, rtol=1e-5)
    assert samples.schema == data.schema


def test_samples_of_one_class_are_refused():
    with pytest.raises(InputError, match="All training samples of table have the label '1'"):
        SweepSamples.split(assemble("table", (np.zeros((20, 2)), np.ones(20, int)), None), 0.25, 0)
