"""Network: what it is made of, what it says of itself, what it predicts, its files."""

import copy
import dataclasses
import json
import pickle
import struct
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest

from fastmlp import InputError, Network, load_network
from fastmlp.inputs.arrays import as_inputs
from fastmlp.inputs.schema import Column, Schema, make_schema
from fastmlp.kernels.prediction import predict_outputs
from fastmlp.system.tensor_files import MODEL, read_tensors, write_tensors


@pytest.fixture
def network():
    return Network((6, 5, 3), seed=1)


@pytest.fixture
def X():
    return np.random.default_rng(0).integers(0, 256, (9, 6), np.uint8)


def test_the_lectures_network():
    network = Network((784, 16, 16, 10))
    assert network.n_params == len(network.params) == 13002
    assert [W.shape for W in network.weights] == [(784, 16), (16, 16), (16, 10)]
    assert [b.shape for b in network.biases] == [(16,), (16,), (10,)]
    assert repr(network) == "Network(784-16-16-10, sigmoid, squared_error, 13,002 parameters, float32, glorot weights)"


def test_weights_and_biases_are_views_of_params(network):
    network.params[:] = np.arange(network.n_params)
    assert network.weights[0][0, 1] == 1
    assert network.biases[0][0] == 30
    network.biases[1][2] = -1
    assert network.params[-1] == -1


@pytest.mark.parametrize(
    ("weight_init", "activation", "is_called", "deviation"),
    [
        ("scaled", "sigmoid", "glorot", np.sqrt(2 / 1200)),
        ("scaled", "relu", "he", np.sqrt(2 / 800)),
        ("he", "tanh", "he", np.sqrt(2 / 800)),
        ("normal", "relu", "normal", 1),
    ],
)
def test_initial_weights(weight_init, activation, is_called, deviation):
    network = Network((800, 400), activation, weight_init=weight_init, seed=3)
    assert f"{is_called} weights" in repr(network)
    assert network.weights[0].std() == pytest.approx(deviation, rel=0.01)
    assert abs(network.weights[0].mean()) < 0.01 * deviation
    assert network.biases[0].std() == pytest.approx(1 if is_called == "normal" else 0, abs=0.1)


def test_same_seed_same_bits_and_another_seed_others():
    draws = [Network((6, 5, 3), seed=seed).params for seed in (1, 1, 2)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.any(draws[0][:30] == draws[2][:30])
    np.testing.assert_array_equal(Network((6, 5, 3), seed=1, dtype="float64").params.astype(np.float32), draws[0])


def test_bytes_mean_value_over_255(network, X):
    np.testing.assert_allclose(network.predict_proba(X), network.predict_proba((X / 255).astype("float32")), rtol=1e-5)


def test_array_likes_give_the_same(network, X):
    floats = X.astype(np.float32) / 255
    read_only = floats.copy()
    read_only.flags.writeable = False
    unaligned = np.frombuffer(b"\0" + floats.tobytes(), np.uint8)[1:].view(np.float32).reshape(floats.shape)
    alike = [
        floats.tolist(),
        read_only,
        unaligned,
        np.repeat(floats, 2, axis=1)[:, ::2],
        np.asfortranarray(floats),
        floats.astype(">f4"),
        floats.astype(np.float64),
    ]
    wanted = network.predict_proba(floats)
    for array in alike:
        np.testing.assert_array_equal(network.predict_proba(array), wanted)
    assert not read_only.flags.writeable
    labels = network.predict(floats)
    for y in (labels.tolist(), labels.astype(np.uint8), labels.astype(">i2"), labels.astype(float), labels[:, None]):
        assert network.accuracy(floats, y) == 1


@pytest.mark.slow  # pandas comes with the extra "dev"
def test_a_data_frame_gives_the_same(network, X):
    import pandas

    floats = X.astype(np.float32) / 255
    wanted = network.predict_proba(floats)
    np.testing.assert_array_equal(network.predict_proba(pandas.DataFrame(floats)), wanted)


def test_a_large_read_only_array_is_not_copied(tmp_path):
    np.save(tmp_path / "X.npy", np.zeros((5000, 6), np.float32))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    for array in (mapped, np.zeros((9, 6), np.uint8)):
        checked = as_inputs(array, 6, np.dtype(np.float32))
        assert np.shares_memory(checked, array)
        assert checked.flags.writeable
    view = as_inputs(np.load(tmp_path / "X.npy", mmap_mode="r"), 6, np.dtype(np.float32))  # nothing else holds the map
    assert view.sum() == 0


def test_nan_is_found_in_any_row(network):
    X = np.zeros((5001, 6))
    X[5000, 5] = np.nan
    with pytest.raises(InputError, match=r"X\[5000, 5\] is nan"):
        network.predict(X)


def test_prediction_in_several_calls_gives_the_same(monkeypatch, network):
    X = np.random.default_rng(1).integers(0, 256, (200, 6), np.uint8)
    labels, outputs, evaluation = network.predict(X), network.predict_proba(X), network.evaluate(X, np.zeros(200, int))
    monkeypatch.setattr("fastmlp.network.prediction.CHUNK_FLOP", 0)
    np.testing.assert_array_equal(network.predict(X), labels)
    np.testing.assert_array_equal(network.predict_proba(X), outputs)
    assert network.evaluate(X, np.zeros(200, int)).accuracy == evaluation.accuracy
    assert network.evaluate(X, np.zeros(200, int)).loss == pytest.approx(evaluation.loss, rel=1e-12)


def test_weights_of_16_units_lie_on_cache_lines():
    assert all(Network((784, 16, 10)).params.ctypes.data % 64 == 0 for _ in range(5))


def test_integers_are_taken_as_they_are_and_said_so(network, X):
    for method in (network.predict, lambda X: network.evaluate(X, [0] * 9)):
        with pytest.warns(UserWarning, match="int64 and is taken as it is, up to 2") as warned:
            method(X.astype(np.int64))
        assert [warning.filename for warning in warned] == [__file__]
    with pytest.warns(UserWarning, match="int64 and is taken as it is, up to 2"):
        outputs = network.predict_proba(X.astype(np.int64))
    np.testing.assert_array_equal(outputs, network.predict_proba(X.astype(np.float32)))
    network.predict_proba((X > 9).astype(int))  # 0 and 1 can't be meant as pixels: no warning


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 5)), r"shape \(2, 5\), but the network takes \(samples, 6\)"),
        (np.zeros(6), r"reshape it with X.reshape\(-1, 6\)"),
        (np.zeros((2, 3, 2)), r"reshape it with X.reshape\(-1, 6\)"),
        (np.zeros((0, 6)), "X is empty"),
        (np.zeros((2, 6), np.float16), "float16"),
        (np.zeros((2, 6), complex), "complex128"),
        (np.zeros((2, 6), np.longdouble), "longdouble|float128"),
        (np.array([[None] * 6]), "object"),
        ([["a"] * 6], "<U1"),
        ([[1.0] * 6, [1.0] * 5], "rows of equal length"),
        (np.array([[0] * 6, [0, 0, np.nan, 0, 0, 0]]), r"X\[1, 2\] is nan"),
        (np.array([[0, np.inf, 0, 0, 0, 0]]), r"X\[0, 1\] is inf"),
        (np.array([[0, 1e300, 0, 0, 0, 0]]), r"X\[0, 1\] is inf as float32"),
    ],
)
def test_bad_inputs(network, X, message):
    for method in (network.predict, network.predict_proba):
        with pytest.raises(InputError, match=message):
            method(X)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1], "2 labels for 9 samples"),
        ([0] * 8 + [3], r"y\[8\] is 3, but the network has 3 outputs"),
        ([0] * 8 + [-1], r"y\[8\] is -1"),
        ([0.5] * 9, "whole numbers from 0 to 2"),
        ([np.nan] * 9, "whole numbers"),
        (["a"] * 9, "whole numbers"),
        (np.eye(9, 3), "argmax"),
    ],
)
def test_bad_labels(network, X, y, message):
    with pytest.raises(InputError, match=message):
        network.accuracy(X, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": (784,)}, "at least inputs and outputs"),
        ({"sizes": ()}, "at least inputs and outputs"),
        ({"sizes": (784, 0, 10)}, r"sizes\[1\] is 0"),
        ({"sizes": (784, -1, 10)}, r"sizes\[1\] is -1"),
        ({"sizes": (784, 1.5, 10)}, r"sizes\[1\] is 1.5"),
        ({"sizes": 784}, "sequence such as"),
        ({"sizes": (10**9, 10**9)}, "GB: choose smaller layers"),
        ({"sizes": (10**30, 3)}, "GB: choose smaller layers"),
        ({"activation": ["relu"]}, "Unknown activation"),
        ({"activation": "ReLU"}, "did you mean 'relu'"),
        ({"activation": "sigmoyd"}, "did you mean 'sigmoid'"),
        ({"activation": "swish2"}, "known are identity, sigmoid, tanh, relu"),
        ({"loss": "cross-entropy"}, "did you mean 'cross_entropy'"),
        ({"weight_init": "Glorot"}, "did you mean 'glorot'"),
        ({"dtype": "float16"}, "float32"),
        ({"dtype": "floaty"}, "pass 'float32' or 'float64'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": "x"}, "seed is 'x'"),
        ({"classes": ("a", "b")}, "2 classes for 3 outputs"),
    ],
)
def test_bad_settings(arguments, message):
    with pytest.raises(InputError, match=message):
        Network(**{"sizes": (6, 5, 3)} | arguments)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_save_and_load_give_the_same_network(tmp_path, dtype, X):
    network = Network((6, 5, 3), "relu", "cross_entropy", dtype=dtype, classes=("a", "é", "東"), seed=4)
    network.save(tmp_path / "model.safetensors")
    loaded = load_network(tmp_path / "model.safetensors")
    assert repr(loaded) == repr(network)
    assert loaded.classes == ("a", "é", "東")
    np.testing.assert_array_equal(loaded.params, network.params)
    np.testing.assert_array_equal(loaded.predict_proba(X), network.predict_proba(X))


def change_header(content, change):
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + size :]


def with_about(**about):
    return lambda content: change_header(content, lambda header: header["__metadata__"].update(about))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: b"", "no model file, or a damaged one"),
        (lambda content: content[:-1], "no model file, or a damaged one"),
        (lambda content: content[:20], "no model file, or a damaged one"),
        (lambda content: b"\x89PNG" + content, "no model file, or a damaged one"),
        (with_about(version="3"), "version 3, and this fastmlp reads version 2"),
        (with_about(format="other"), "no fastmlp network"),
        (lambda content: change_header(content, lambda header: header.pop("__metadata__")), "no fastmlp network"),
        (with_about(sizes="[6, 4, 3]"), "weights of shape"),
        (with_about(sizes="[6"), "does not describe a network"),
        (with_about(sizes="[6, 5, 3, 2]", classes='["a", "b"]'), "no 'weights.2'"),
        (with_about(activation="swoosh"), "Unknown activation"),
        (with_about(activation="\x1b[2J\n" * 5000), r"\(Unknown activation .*\): the file is damaged; train again\."),
        (with_about(classes="[" * 100_000), "does not describe a network"),
        (with_about(classes="3"), "does not describe a network"),
        (with_about(sizes=f"[6, 4, {'9' * 4000}]"), "too large|weights of shape"),
        (lambda content: content[:-4] + np.float32(np.nan).tobytes(), "NaN or infinity in"),
    ],
)
def test_bad_model_files(network, tmp_path, damage, message):
    path = tmp_path / "model.safetensors"
    network.save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=message):
        load_network(path)


def test_a_missing_model_file(tmp_path):
    for path in (tmp_path / "none.safetensors", tmp_path):
        with pytest.raises(InputError, match=r"no model file|is not a file but a folder"):
            load_network(path)


def test_a_model_of_two_types_of_numbers_is_refused(network, tmp_path):
    """Its larger numbers would become infinite."""
    network.save(tmp_path / "a")
    tensors, about = read_tensors(tmp_path / "a", MODEL)
    tensors["biases.1"] = np.full(3, 1e300)
    write_tensors(tmp_path / "a", MODEL, tensors, about)
    with pytest.raises(InputError, match="its layers have numbers of different types"):
        load_network(tmp_path / "a")


def test_names_of_classes_in_a_file_can_be_shown(network, tmp_path):
    network.classes = ("\x1b[2J", "two\nlines", "é")
    network.save(tmp_path / "a")
    assert load_network(tmp_path / "a").classes == (r"\x1b[2J", r"two\nlines", "é")


def test_a_full_disk_leaves_the_old_file(network, tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "model.safetensors"
    network.save(path)
    before = path.read_bytes()
    network.params[:] = 0
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match=r"too large: .*model.safetensors"):
            network.save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_threads_may_predict_with_one_network(network):
    X = np.random.default_rng(2).integers(0, 256, (400, 6), np.uint8)
    wanted = network.predict_proba(X)
    with ThreadPoolExecutor(4) as pool:
        for outputs in pool.map(network.predict_proba, [X] * 200):
            np.testing.assert_array_equal(outputs, wanted)


def test_copies_and_pickles_take_no_scratch_along(network, X):
    network.predict(X)
    assert len(pickle.dumps(network)) < 2000
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(network)).predict_proba(X), network.predict_proba(X))


def test_a_network_from_a_memory_map_is_its_own(network, X, tmp_path):
    joblib.dump(network, tmp_path / "network.joblib")
    mapped = joblib.load(tmp_path / "network.joblib", mmap_mode="r")
    np.testing.assert_array_equal(mapped.predict_proba(X), network.predict_proba(X))
    mapped.params[:] = 0  # of both, the network and its predictor
    np.testing.assert_array_equal(mapped.predict_proba(X), 0.5)


def test_a_frozen_network_predicts_with_the_same_compiled_kernel(network, X):
    before = network.predict_proba(X)
    forms = len(predict_outputs.signatures)
    network.params.flags.writeable = False
    np.testing.assert_array_equal(network.predict_proba(X), before)
    assert len(predict_outputs.signatures) == forms
    copy.deepcopy(network).params[:] = 0
    np.testing.assert_array_equal(network.predict_proba(X), before)


TABLE = np.random.default_rng(0).normal((5.0, -300.0, 0.01), (1.0, 50.0, 0.001), (40, 3))
STANDARDIZED = make_schema(
    TABLE, image_shape=None, is_picture=False, standardize=None, columns=tuple(map(Column, "abc")), labels=("y",)
)


def test_the_schema_travels_with_the_network(tmp_path):
    network = Network((3, 4, 2), schema=STANDARDIZED)
    scaled = (TABLE - TABLE.mean(axis=0)) / TABLE.std(axis=0)
    wanted = Network((3, 4, 2)).predict_proba(scaled)
    network.save(tmp_path / "a")
    for each in (network, load_network(tmp_path / "a"), copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert each.schema == STANDARDIZED
        np.testing.assert_allclose(each.predict_proba(TABLE), wanted, rtol=1e-5)
    assert repr(network).endswith("glorot weights, table of 3 columns, standardized)")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": [0.0], "deviation": [1.0]}, "The schema is of another network than one with 3 inputs and 2 outputs"),
        ({"columns": [["a", []]]}, "The schema is of another network than one with 3 inputs and 2 outputs"),
        ({"image_shape": [2, 2]}, "The schema is of another network than one with 3 inputs and 2 outputs"),
        (
            {"target_mean": [0.0], "target_deviation": [1.0]},
            "The schema is of another network than one with 3 inputs and 2 outputs",
        ),
        ({"image_shape": [3]}, "its schema is damaged"),
        ({"image_shape": [3.0, 1.0]}, "its schema is damaged"),
        ({"scale": "by guess"}, "its schema is damaged"),
        ({"future": 1}, "its schema has 'future', of another version of fastmlp"),
    ],
)
def test_a_damaged_schema_is_refused(tmp_path, change, message):
    Network((3, 4, 2), schema=STANDARDIZED).save(tmp_path / "a")
    tensors, about = read_tensors(tmp_path / "a", MODEL)
    about["schema"] = json.dumps(json.loads(about["schema"]) | change)
    write_tensors(tmp_path / "a", MODEL, tensors, about)
    with pytest.raises(InputError, match=message):
        load_network(tmp_path / "a")


def test_a_regression_predicts_in_the_units_of_its_targets():
    schema = dataclasses.replace(STANDARDIZED, target_mean=(1000.0, -5.0), target_deviation=(200.0, 0.1))
    network, plain = (Network((3, 4, 2), loss="regression", schema=each) for each in (schema, STANDARDIZED))
    wanted = plain.predict(TABLE) * [200.0, 0.1] + [1000.0, -5.0]
    np.testing.assert_allclose(network.predict(TABLE), wanted, rtol=1e-5)
    assert network.predict(TABLE).dtype == np.float64
    y = np.random.default_rng(1).normal((1000.0, -5.0), (200.0, 0.1), (40, 2))
    assert network.evaluate(TABLE, y).loss == pytest.approx(plain.evaluate(TABLE, (y - [1000, -5]) / [200, 0.1]).loss)


@pytest.mark.slow  # they come with the extra "dev"
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_a_data_frame_are_found_by_name(library):
    frames = pytest.importorskip(library)
    network = Network((3, 4, 2), schema=STANDARDIZED)
    wanted = network.predict_proba(TABLE)
    frame = frames.DataFrame({"c": TABLE[:, 2], "id": np.arange(40), "a": TABLE[:, 0], "b": TABLE[:, 1]})
    np.testing.assert_array_equal(network.predict_proba(frame), wanted)
    with pytest.raises(InputError, match="X lacks the column 'b' of the training"):
        network.predict(frame.rename(columns={"b": "d"}) if library == "pandas" else frame.rename({"b": "d"}))


def test_a_sparse_matrix_can_not_be_standardized():
    from scipy.sparse import csr_matrix

    with pytest.raises(InputError, match=r"inputs of this network are standardized.*pass X\.toarray\(\)"):
        Network((3, 2), schema=STANDARDIZED).predict(csr_matrix(TABLE))


def test_a_sparse_matrix_can_not_be_inverted():
    from scipy.sparse import csr_matrix

    schema = Schema(scale="pixels", low=0, high=255, is_dark_on_light=True)
    with pytest.raises(InputError, match=r"inputs of this network are inverted.*pass X\.toarray\(\)"):
        Network((3, 2), schema=schema).predict(csr_matrix(np.eye(3)))


@pytest.mark.slow
def test_sparse_pixels_are_scaled():
    from scipy.sparse import csr_matrix

    X = np.random.default_rng(0).integers(0, 256, (5, 64), np.uint8) * (np.arange(64) % 5 == 0).astype(np.uint8)
    network = Network((64, 2), schema=make_schema(X, image_shape=(8, 8), is_picture=True, standardize=None))
    wanted = network.predict_proba(X)
    for values in (X, X.astype(np.int64), X.astype(float), X / 255):
        np.testing.assert_allclose(network.predict_proba(csr_matrix(values)), wanted, rtol=1e-6)
