import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from fastmlp import Network, load_network
from fastmlp.errors import InputError
from fastmlp.inputs.schema import Schema
from fastmlp.kernels import ACTIVATIONS
from fastmlp.serve.single_file import write_html

pytestmark = pytest.mark.page

PREDICT = Path(__file__).parent / "page" / "predict.js"
SCHEMAS = {
    "none": None,
    "dark ink": Schema(scale="pixels", low=0, high=255, image_shape=(28, 28), is_dark_on_light=True),
    "light": Schema(scale="pixels", low=0, high=1, image_shape=(28, 28)),
    "standardized": Schema(
        scale="standardized", low=0, high=255, image_shape=(28, 28), mean=(33.0,) * 784, deviation=(78.0,) * 784
    ),
}


def _images(n: int) -> np.ndarray:
    """Images whose ink varies as much as that of digits."""
    rng = np.random.default_rng(5)
    ink = rng.integers(0, 256, (n, 784)) * (rng.random((n, 784)) < 0.2)
    return ink.astype(np.uint8)


def _outputs_in_javascript(page: Path, X: np.ndarray, folder: Path) -> np.ndarray:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing")
    (folder / "images").write_bytes(X.tobytes())
    subprocess.run([node, PREDICT, page, folder / "images", folder / "outputs"], check=True)
    return np.fromfile(folder / "outputs", np.float64).reshape(len(X), -1)


def _check_agreement(network: Network, folder: Path, n: int) -> None:
    write_html(network, folder / "page.html")
    X = _images(n)
    if network.schema is not None and network.schema.is_dark_on_light:
        X = 255 - X
    difference = np.abs(_outputs_in_javascript(folder / "page.html", X, folder) - network.predict_proba(X))
    assert difference.max() < 1e-5


def test_forward_pass_agrees_on_a_thousand_images(tmp_path: Path) -> None:
    _check_agreement(Network((784, 16, 16, 10), seed=3, weight_init="normal"), tmp_path, 1000)


@pytest.mark.page
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_loss_agrees(activation: str, loss: str, tmp_path: Path) -> None:
    _check_agreement(Network((784, 30, 12, 10), activation, loss, seed=1), tmp_path, 1000)


@pytest.mark.page
@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_schema_agrees(schema: str, tmp_path: Path) -> None:
    _check_agreement(Network((784, 16, 10), "relu", "cross_entropy", seed=1, schema=SCHEMAS[schema]), tmp_path, 1000)


@pytest.mark.page
def test_other_precision_and_no_hidden_layer_agree(tmp_path: Path) -> None:
    _check_agreement(Network((784, 10), seed=1, dtype="float64"), tmp_path, 200)


def test_the_file_is_small_whole_and_asks_no_host(tmp_path: Path) -> None:
    write_html(Network((784, 16, 16, 10)), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(page) < 130_000  # 69,344 of them are the 13,002 weights and biases in base64
    assert "{{" not in page.replace("${", "")
    assert not re.search(r"\b(import|export)\b[^'\"`]*\bfrom\b", page)
    assert set(re.findall(r"https?://[^\s\"'`]+", page)) == {"http://www.w3.org/2000/svg"}  # a name, not an address


def test_names_of_classes_can_not_break_out_of_the_page(tmp_path: Path) -> None:
    classes = ["</script><script>alert(1)</script>", *"123456789"]
    write_html(Network((784, 10), classes=classes), tmp_path / "page.html")
    assert "alert(1)</script>" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_networks_of_other_samples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="28x28"):
        write_html(Network((13, 10, 3)), tmp_path / "page.html")
    with pytest.raises(InputError, match="numbers"):
        write_html(Network((784, 10), loss="regression"), tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_model_file_that_was_read_again_is_written_the_same(tmp_path: Path) -> None:
    network = Network((784, 16, 10), schema=SCHEMAS["dark ink"])
    network.save(tmp_path / "model.safetensors")
    write_html(network, tmp_path / "a.html")
    write_html(load_network(tmp_path / "model.safetensors"), tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
