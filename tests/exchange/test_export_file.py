"""Exports: the format by the path, files that are kept, and advice."""

from pathlib import Path

import numpy as np
import pytest
from helpers.exchange import CASES, network_of

from fastmlp import Network, load_network
from fastmlp.errors import InputError
from fastmlp.exchange import export_file
from fastmlp.exchange.export_file import default_path, format_of
from fastmlp.inputs.schema import Schema

pytestmark = pytest.mark.slow

WITHOUT_ONNX = [name for name in export_file.FORMATS if name != "onnx"]


@pytest.mark.parametrize(
    ("path", "to", "wanted"),
    [
        ("a.onnx", None, "onnx"),
        ("a.H", None, "c"),
        ("b/a.safetensors", None, "pytorch"),
        ("a.b.py", None, "numpy"),
        ("a.py", "numpy", "numpy"),
    ],
)
def test_the_format_is_that_of_the_ending(path, to, wanted):
    assert format_of(Path(path), to) == wanted


@pytest.mark.parametrize(
    ("path", "to", "message"),
    [
        ("a.pt", None, "'a.pt' would be a pickle: choose a path that ends in .safetensors"),
        ("a", None, r"names no format: end it in .onnx \(onnx\), .safetensors \(pytorch\), .h \(c\), .py \(numpy\)"),
        ("a.npz", None, "names no format"),
        ("a.h", "onnx", "'a.h' does not end in .onnx, as files for onnx do"),
        ("a.h", "torch", "Unknown format 'torch': did you mean 'pytorch'"),
    ],
)
def test_other_endings_are_refused(path, to, message):
    with pytest.raises(InputError, match=message):
        format_of(Path(path), to)


def test_paths_beside_the_model():
    paths = [default_path(Path("runs/model.safetensors"), to).as_posix() for to in export_file.FORMATS]
    assert paths == ["runs/model.onnx", "runs/model-pytorch.safetensors", "runs/model.h", "runs/model.py"]


@pytest.mark.parametrize("to", WITHOUT_ONNX)
def test_an_earlier_export_is_replaced_and_other_files_are_not(tmp_path, to):
    path = tmp_path / f"a{export_file.FORMATS[to].suffix}"
    network_of(classes=["a long name of a class " * 100] * 10).export(path)
    first = path.read_bytes()
    exported = network_of("relu").export(path)
    assert path.read_bytes() != first
    assert exported.to == to
    again = network_of("relu").export(path)
    assert again.n_bytes == exported.n_bytes
    path.write_text("my own file")
    with pytest.raises(InputError, match="that is no export: choose another path, or delete it"):
        network_of().export(path)
    assert path.read_text() == "my own file"


def test_a_model_is_never_replaced(tmp_path):
    network = network_of()
    network.save(tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=r"model\.safetensors' that is no export"):
        network.export(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(load_network(tmp_path / "model.safetensors").params, network.params)


@pytest.mark.parametrize("to", WITHOUT_ONNX)
def test_the_same_network_gives_the_same_bytes(tmp_path, to):
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / f"net{export_file.FORMATS[to].suffix}"
        network_of().export(path)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


def test_weights_that_are_not_finite_are_refused(tmp_path):
    network = network_of()
    network.params[5] = np.nan
    for to, each in export_file.FORMATS.items():
        with pytest.raises(InputError, match="Layer 0 of the network has weights that are NaN, infinite or too large"):
            network.export(tmp_path / f"a{each.suffix}", to)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_dtype_is_refused(tmp_path):
    for dtype in ("float16", "floaty", int):
        with pytest.raises(InputError, match="pass 'float32' or 'float64'"):
            network_of().export(tmp_path / "a.h", dtype=dtype)


def test_a_folder_that_can_not_be_written(tmp_path):
    for to in WITHOUT_ONNX:
        with pytest.raises(OSError, match="No such file"):
            network_of().export(tmp_path / "nowhere" / f"a{export_file.FORMATS[to].suffix}")


def test_advice(tmp_path):
    times = Schema(scale="standardized", low=0.0, high=2e9, mean=(1.7e9, 0.0), deviation=(3600.0, 1.0))
    network = Network((2, 3, 2), schema=times)
    (note,) = network.export(tmp_path / "a.h").notes
    assert "float32 loses digits of them, dtype='float64' does not" in note
    assert network.export(tmp_path / "a.h", inputs="float64").notes == ()
    assert len(network.export(tmp_path / "a.safetensors", inputs="float64").notes) == 1
    assert network.export(tmp_path / "a.safetensors", dtype="float64").notes == ()
    assert network.export(tmp_path / "a.py").notes == ()
    (note,) = CASES["table with texts"].network.export(tmp_path / "b.h").notes
    assert "takes one input for each text, 1 for it and else 0" in note
