"""Mix-ups of scales, columns and pictures that were once silent: each has the right result, or one sentence."""

import gzip
import json
import pickle

import numpy as np
import pytest
from PIL import Image

from fastmlp import load_network
from fastmlp.datasets import load_dataset, write_idx
from fastmlp.datasets.drawn.dataset import draw_digits

pytestmark = pytest.mark.slow  # a training each

TABLE_OF_BYTES = "--hidden 16 --activation relu --loss cross_entropy --optimizer adam --learning-rate 0.01 --epochs 20"
DIGITS = "--preset fast-98 --hidden 32 --epochs 40"


def trained(fastmlp, data, options, out="model"):
    """Train on `data` and return the path of the model and the result."""
    status, output, err = fastmlp("train", "--data", data, *options.split(), "--out", out, "--json")
    assert status == 0, err
    return f"{out}/model.safetensors", json.loads(output)


def evaluated(fastmlp, model, data, *options):
    status, output, err = fastmlp("evaluate", model, "--data", data, *options, "--json")
    assert status == 0, err
    return json.loads(output)


def write_csv(path, rows, header=None):
    lines = ([",".join(header)] if header else []) + [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def drawn():
    """700 drawn digits, light on dark, and their labels."""
    return draw_digits(700)


@pytest.fixture
def bytes_table(tmp_path):
    """Rows of a label and 8 whole numbers from 0 to 255, of which the brightest tells the label."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 200, (400, 8)), rng.integers(0, 8, 400)
    X[np.arange(400), y] = 255
    return np.column_stack([y, X]).tolist()


CELLS = [256, 17.5, -1]


@pytest.mark.parametrize("cell", CELLS)
def test_one_odd_cell_changes_no_other_row(fastmlp, tmp_path, bytes_table, cell):
    """Once 100 % became 21 %: the whole file was no longer divided by 255."""
    model, _ = trained(fastmlp, write_csv(tmp_path / "train.csv", bytes_table), TABLE_OF_BYTES)
    as_it_was = evaluated(fastmlp, model, write_csv(tmp_path / "as.csv", bytes_table[:100]))["test_accuracy"]
    odd = [row[:] for row in bytes_table[:100]]
    odd[3][1 + (odd[3][0] + 1) % 8] = cell
    assert as_it_was > 0.9
    assert evaluated(fastmlp, model, write_csv(tmp_path / "odd.csv", odd))["test_accuracy"] >= as_it_was - 0.01


@pytest.mark.parametrize("cell", CELLS)
def test_one_odd_cell_among_pixels(fastmlp, tmp_path, drawn, cell):
    X, y = drawn
    rows = np.column_stack([y, X]).tolist()
    model, _ = trained(fastmlp, write_csv(tmp_path / "train.csv", rows), DIGITS)
    as_it_was = evaluated(fastmlp, model, write_csv(tmp_path / "as.csv", rows[:200]))["test_accuracy"]
    rows[5][100] = cell
    assert as_it_was > 0.8
    assert evaluated(fastmlp, model, write_csv(tmp_path / "odd.csv", rows[:200]))["test_accuracy"] >= as_it_was - 0.01


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_float_pixels_that_nobody_divided(fastmlp, tmp_path, drawn, dtype):
    """Once 87 % on its own samples, 11 % on bytes."""
    X, y = drawn
    np.savez(tmp_path / "floats.npz", X=X.astype(dtype), y=y)
    np.savez(tmp_path / "bytes.npz", X=X, y=y)
    np.savez(tmp_path / "light.npz", X=X.astype(dtype) / 255, y=y)
    model, _ = trained(fastmlp, tmp_path / "floats.npz", DIGITS)
    same, _ = trained(fastmlp, tmp_path / "bytes.npz", DIGITS, "other")
    np.testing.assert_array_equal(load_network(model).params, load_network(same).params)
    accuracies = {evaluated(fastmlp, model, tmp_path / f"{name}.npz")["test_accuracy"] for name in ("floats", "bytes")}
    assert len(accuracies) == 1
    assert evaluated(fastmlp, model, tmp_path / "light.npz")["test_accuracy"] == pytest.approx(
        accuracies.pop(), abs=0.01
    )


def test_light_from_0_to_1_and_bytes_are_the_same_pictures(fastmlp, tmp_path, drawn):
    X, y = drawn
    np.savez(tmp_path / "light.npz", X=X / np.float32(255), y=y)
    np.savez(tmp_path / "bytes.npz", X=X, y=y)
    model, _ = trained(fastmlp, tmp_path / "light.npz", DIGITS)
    light, of_bytes = (
        evaluated(fastmlp, model, tmp_path / f"{name}.npz")["test_accuracy"] for name in ("light", "bytes")
    )
    assert light == pytest.approx(of_bytes, abs=0.005)
    assert light > 0.8


def test_a_label_in_the_last_column_with_a_longer_name(fastmlp, tmp_path, bytes_table):
    """Once the first pixel became the label: one class, and 100 %."""
    rows = [[*row[1:], row[0]] for row in bytes_table]
    path = write_csv(tmp_path / "last.csv", rows, [*(f"p{k}" for k in range(8)), "Digit_label"])
    model, result = trained(fastmlp, path, TABLE_OF_BYTES)
    assert result["sizes"] == [8, 16, 8]
    assert 0.8 < result["test_accuracy"] <= 1
    assert load_network(model).schema.labels == ("Digit_label",)


def test_the_header_that_pandas_writes_without_names(fastmlp, tmp_path, drawn):
    """Once the header 0,1,2,... was a sample, and nothing was divided by 255: 68 % became 38 %."""
    X, y = drawn
    rows = np.column_stack([y, X]).tolist()
    plain = load_dataset(write_csv(tmp_path / "plain.csv", rows))
    with_header = load_dataset(write_csv(tmp_path / "header.csv", rows, map(str, range(785))))
    np.testing.assert_array_equal(with_header.train.X, plain.train.X, strict=True)
    np.testing.assert_array_equal(with_header.train.y, plain.train.y)
    assert with_header.train.X.dtype == np.uint8
    assert with_header.schema.columns[0].name == "1"


def test_scans_are_predicted_as_they_were_trained(fastmlp, tmp_path, drawn):
    """Once 1 of 200: training took dark on white as it is, predict made light on dark of it."""
    X, y = drawn
    for number, (image, label) in enumerate(zip(X[:400], y[:400], strict=True)):
        (tmp_path / "scans" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image.reshape(28, 28)).save(tmp_path / "scans" / str(label) / f"{number:04}.png")
    model, _ = trained(fastmlp, tmp_path / "scans", "--preset table --epochs 60")
    status, output, _ = fastmlp("predict", model, tmp_path / "scans", "--json")
    assert status == 0
    answers = json.loads(output)["predictions"]
    right = [answer["label"] == answer["input"].split("/")[-2] for answer in answers]
    assert len(right) == 400
    assert np.mean(right) > 0.9


def test_pictures_of_ink_on_a_transparent_ground(fastmlp, tmp_path, drawn):
    """Once every picture was the same black square: 12 %."""
    X, y = drawn
    for number, (image, label) in enumerate(zip(X[:400], y[:400], strict=True)):
        (tmp_path / "inks" / str(label)).mkdir(parents=True, exist_ok=True)
        rgba = np.zeros((28, 28, 4), np.uint8)
        rgba[..., 3] = image.reshape(28, 28)
        Image.fromarray(rgba).save(tmp_path / "inks" / str(label) / f"{number:04}.png")
    data = load_dataset(tmp_path / "inks")
    assert len(np.unique(data.train.X, axis=0)) > 300
    np.testing.assert_array_equal(np.sort(data.train.X.mean(axis=1))[:5] > 150, True)  # dark ink on white paper
    assert data.schema.is_dark_on_light


def test_every_row_of_a_table_is_tested(fastmlp, tmp_path, bytes_table):
    """Once 142 of 1,000."""
    model, result = trained(fastmlp, write_csv(tmp_path / "train.csv", bytes_table), TABLE_OF_BYTES)
    assert result["test_samples"] == 400 // 7
    assert evaluated(fastmlp, model, write_csv(tmp_path / "holdout.csv", bytes_table[:300]))["test_samples"] == 300


def test_a_tensor_that_requires_a_gradient():
    class Tensor:
        """What NumPy meets in a tensor of PyTorch."""

        requires_grad = True
        shape = (3, 4)

        def __array__(self, *_, **__):
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")

    from fastmlp import InputError, Network

    with pytest.raises(InputError, match=r"X is a tensor that requires a gradient: pass X\.detach\(\)\."):
        Network((4, 2)).predict(Tensor())


def test_a_pickle_is_refused_with_the_reason(fastmlp, tmp_path):
    with gzip.open(tmp_path / "mnist.pkl.gz", "wb") as file:
        pickle.dump(([[0.0] * 784], [1]), file)
    status, _, err = fastmlp("train", "--data", "mnist.pkl.gz")
    assert status == 2
    assert "mnist.pkl.gz is a pickle, which can run any code when it is read" in err
    assert "np.savez(" in err


def test_the_folder_of_torchvision(fastmlp, tmp_path, drawn):
    X, y = drawn
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix, part in (("train", slice(0, 600)), ("t10k", slice(600, 700))):
        write_idx(raw / f"{prefix}-images-idx3-ubyte", X[part].reshape(-1, 28, 28))
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", y[part].astype(np.uint8))
    for path in (tmp_path, tmp_path / "MNIST"):
        data = load_dataset(path)
        np.testing.assert_array_equal(data.train.X, X[:600])
        np.testing.assert_array_equal(data.test.y, y[600:])


def test_emnist_by_path_is_upright(tmp_path, drawn):
    X, y = drawn
    for prefix, part in (("train", slice(0, 600)), ("test", slice(600, 700))):
        images = X[part].reshape(-1, 28, 28).transpose(0, 2, 1)
        write_idx(tmp_path / f"emnist-digits-{prefix}-images-idx3-ubyte", np.ascontiguousarray(images))
        write_idx(tmp_path / f"emnist-digits-{prefix}-labels-idx1-ubyte", y[part].astype(np.uint8))
    np.testing.assert_array_equal(load_dataset(tmp_path).train.X, X[:600])


def test_one_class_is_nothing_to_learn(fastmlp, tmp_path):
    status, _, err = fastmlp("train", "--data", write_csv(tmp_path / "a.csv", [[1, 2.5, 3]] * 20))
    assert status == 2
    assert "All training samples of" in err
    assert "have the label '1': nothing can be learned; name the column of the labels with --label" in err


def test_other_units_give_a_warning(tmp_path, bytes_table):
    from fastmlp.datasets.load import load_dataset as load
    from fastmlp.network.network import Network

    rows = [[label, *(value / 10 for value in values)] for label, *values in bytes_table]
    data = load(write_csv(tmp_path / "a.csv", rows, ["label", *(f"x{k}" for k in range(8))]))
    network = Network((8, 8), schema=data.schema)
    network.predict(data.test.X)
    with pytest.warns(UserWarning, match=r"Column 'x\d' of X is [\d,]+ standard deviations away .* check its unit"):
        network.predict(data.test.X * 1000)


def test_float_pixels_in_python_give_a_warning(drawn):
    from fastmlp.network.network import Network

    network = Network((784, 10))
    for dtype in (np.float64, np.float32):
        with pytest.warns(UserWarning, match="taken as it is, up to 255: pass it as np.uint8 if these are pixels"):
            network.predict(drawn[0].astype(dtype))
        network.predict(drawn[0].astype(dtype) / 255)
