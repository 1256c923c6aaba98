"""SciPy's sparse matrices: the same as the dense samples, in prediction and in training, and never made dense."""

import numpy as np
import pytest
from helpers.twin import Twin

from fastmlp import InputError, Network, Trainer, kernels
from fastmlp.inputs.arrays import as_inputs

sparse = pytest.importorskip("scipy.sparse")

FORMS = [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_array]
OTHER_KINDS = ["float32", "float64", "int64", "bool"]
"""Types of samples that are taken as float32, for which the kernels are compiled again."""


def samples(kind, n=90, n_in=40, share=0.3, seed=0):
    rng = np.random.default_rng(seed)
    lit = rng.random((n, n_in)) < share
    if kind == "uint8":
        X = rng.integers(1, 256, (n, n_in), np.uint8) * lit.astype(np.uint8)
    elif kind == "int64":
        X = lit.astype(int)
    else:
        X = (rng.random((n, n_in)) * lit).astype(kind)
    return X, rng.integers(0, 4, n)


@pytest.fixture
def never_dense(monkeypatch):
    def refuse(self, *arguments, **named):
        raise AssertionError("made dense")

    for form in FORMS:
        for name in ("toarray", "todense", "__array__"):
            monkeypatch.setattr(form, name, refuse, raising=False)


def close(actual, wanted, dtype):
    np.testing.assert_allclose(actual, wanted, rtol=0, atol=1e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["uint8", *(pytest.param(each, marks=pytest.mark.slow) for each in OTHER_KINDS)])
@pytest.mark.parametrize("hidden", [3, 17])
def test_prediction_is_the_twins_on_the_dense_samples(kind, dtype, hidden, never_dense):
    network = Network((40, hidden, 4), "tanh", "cross_entropy", dtype=dtype, seed=1)
    X, y = samples(kind)
    wanted, costs = Twin.of(network).forward(X)[-1], Twin.of(network).costs(X, y)
    for form in FORMS:
        matrix = form(X)
        outputs = network.predict_proba(matrix)
        close(outputs, wanted, dtype)
        np.testing.assert_array_equal(network.predict(matrix), outputs.argmax(axis=1))
        assert network.evaluate(matrix, y).loss == pytest.approx(costs.mean(), rel=1e-6)
        assert network.accuracy(matrix, y) == np.mean(outputs.argmax(axis=1) == y)


def test_prediction_in_several_calls_gives_the_same(monkeypatch):
    network, (X, y) = Network((40, 3, 4), seed=1), samples("uint8", 200)
    matrix = sparse.csr_array(X)
    labels, outputs, evaluation = network.predict(matrix), network.predict_proba(matrix), network.evaluate(matrix, y)
    monkeypatch.setattr("fastmlp.network.prediction.CHUNK_FLOP", 0)
    np.testing.assert_array_equal(network.predict(matrix), labels)
    np.testing.assert_array_equal(network.predict_proba(matrix), outputs)
    assert network.evaluate(matrix, y) == pytest.approx(evaluation, rel=1e-12)


@pytest.mark.parametrize("kind", ["uint8", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("hidden", "share"), [(3, 0.2), (17, 0.2), (17, 0.9)])
def test_training_is_that_on_the_dense_samples(kind, hidden, share, never_dense):
    """Also where dense samples would not be packed: in a narrow first layer, and with few zeros."""
    X, y = samples(kind, share=share)
    networks = [Network((40, hidden, 4), "relu", "cross_entropy", seed=2) for _ in range(2)]
    for network, inputs in zip(networks, (X, sparse.csr_array(X)), strict=True):
        before = network.params.copy()
        history = Trainer(network, learning_rate=0.1, batch_size=20).fit(inputs, y, 2, validation=(inputs, y))
        assert np.abs(network.params - before).max() > 1e-3
    np.testing.assert_allclose(networks[1].params, networks[0].params, atol=1e-5)
    assert history[-1].validation_accuracy == networks[0].accuracy(X, y)


def test_float_samples_that_are_mostly_zeros_are_packed(monkeypatch):
    used = []

    def watched(samples, targets, order, model, rule, work, worker):
        used.append(type(samples))
        work.batch_losses[:] = 0
        return 0

    monkeypatch.setattr("fastmlp.training.loop.train", watched)
    for share in (0.2, 0.9):
        X, y = samples("float32", share=share)
        Trainer(Network((40, 17, 4)), learning_rate=0.1).fit(X, y)
    assert list(dict.fromkeys(used)) == [kernels.PackedSamples, np.ndarray]


def test_duplicates_are_summed_columns_sorted_and_the_matrix_left_alone():
    X = np.zeros((3, 40), np.float32)
    X[0, [2, 7]], X[2, 39] = (3, 1), 5
    entries = np.array([1, 2, 1, 5], np.float32), np.array([7, 2, 2, 39]), np.array([0, 3, 3, 4])
    matrix = sparse.csr_array((*entries[:2], entries[2]), shape=(3, 40))
    packed = as_inputs(matrix, 40, np.dtype("float32"))
    assert len(packed) == 3
    assert [array.tolist() for array in packed] == [[0, 2, 2, 3], [2, 7, 39], [3, 1, 5]]
    assert matrix.indices.tolist() == [7, 2, 2, 39]
    assert matrix.data.tolist() == [1, 2, 1, 5]


def test_rows_without_values_and_many_columns():
    for matrix in (sparse.csr_array((3, 40)), sparse.csr_array(np.zeros((3, 40), np.uint8))):
        network = Network((40, 3, 4))
        close(network.predict_proba(matrix), Twin.of(network).forward(np.zeros((3, 40)))[-1], "float32")
    wide = sparse.csr_array(([1.0], ([1], [69_999])), shape=(2, 70_000))
    assert as_inputs(wide, 70_000, np.dtype("float32")).columns.tolist() == [69_999]


def damaged(part, values):
    matrix = sparse.csr_array(np.eye(3, 40, dtype=np.float32))
    setattr(matrix, part, np.array(values))
    return matrix


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (sparse.csr_array((3, 39)), r"shape \(3, 39\), but the network takes \(samples, 40\)"),
        (sparse.csr_array((0, 40)), "X is empty"),
        (sparse.csr_array(np.ones((2, 40), complex)), "complex128"),
        (damaged("data", [1, np.nan, 1]), r"X\[1, 1\] is nan"),
        (damaged("data", [1, 1, 1e300]), r"X\[2, 2\] is inf as float32"),
        (damaged("indices", [0, 40, 2]), r"indices\[1\] is 40, outside of the 40 columns"),
        (damaged("indices", [0, 1, -1]), r"indices\[2\] is -1"),
        (damaged("indptr", [0, 2, 1, 3]), "indptr does not rise from 0 to the 3"),
        (damaged("indptr", [0, 1, 2, 4]), "indptr does not rise from 0 to the 3"),
        (damaged("indptr", [1, 1, 2, 3]), "indptr does not rise from 0 to the 3"),
        (damaged("indptr", [0, 1, 3]), "indptr does not rise from 0 to the 3"),
    ],
)
def test_bad_matrices(matrix, message):
    network = Network((40, 3, 4))
    for method in (network.predict, network.predict_proba, lambda X: Trainer(network).fit(X, [0, 1, 2])):
        with pytest.raises(InputError, match=message):
            method(matrix)


def test_whole_numbers_are_taken_as_they_are_and_said_so():
    with pytest.warns(UserWarning, match="int64 and is taken as it is, up to 7"):
        Network((40, 3, 4)).predict(sparse.csr_array(np.full((2, 40), 7)))
