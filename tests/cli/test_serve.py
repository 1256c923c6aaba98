import importlib.util

import numpy as np
import pytest

from fastmlp import Network
from fastmlp.cli import serve


@pytest.fixture
def served(monkeypatch):
    """What the command would serve, in place of a server; the kernels are not compiled."""
    pytest.importorskip("uvicorn", reason="the page needs fastmlp[serve]")
    pytest.importorskip("starlette", reason="the page needs fastmlp[serve]")
    pytest.importorskip("websockets", reason="the page needs fastmlp[serve]")
    found = []

    def run(page, bound, on_start):
        found.append((page, bound.getsockname()))
        on_start()

    monkeypatch.setattr("fastmlp.serve.server.run_server", run)
    monkeypatch.setattr("fastmlp.serve.security.token_of_user", lambda: "t" * 40)
    monkeypatch.setattr(serve, "_compile", lambda: None)
    monkeypatch.setattr("webbrowser.open", lambda address: found.append(address))
    return found


def test_it_prints_the_address_and_opens_the_browser_unless_told_not_to(fastmlp, served, digits):
    status, out, err = fastmlp("serve", "--data", digits, "--no-browser")
    assert (status, err) == (0, "Ctrl-C ends the page.\n")
    ((_, (host, port)),) = served
    assert out == f"http://{host}:{port}/?token={'t' * 40}\n"
    opened = []
    serve_open, serve._open = serve._open, opened.append
    try:
        assert fastmlp("serve", "--data", digits)[1] == f"{opened[0]}\n"
    finally:
        serve._open = serve_open


def test_a_missing_extra_is_one_sentence(fastmlp, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name))
    status, out, err = fastmlp("serve")
    assert (status, out) == (2, "")
    assert "pip install 'fastmlp[serve]'" in err
    assert err.count("\n") == 1


def test_a_used_port_is_one_sentence(fastmlp, served, digits):
    from fastmlp.serve.server import open_port

    with open_port(0) as bound:
        status, out, err = fastmlp("serve", "--data", digits, "--port", bound.getsockname()[1])
    assert (status, out) == (2, "")
    assert "can't be used" in err
    assert err.count("\n") == 1


def test_what_holds_no_images_is_one_sentence(fastmlp, served, tmp_path):
    (tmp_path / "table.csv").write_text("x,z,y\n" + "\n".join(f"{k},{k * 2},{'ab'[k % 2]}" for k in range(40)))
    status, _, err = fastmlp("serve", "--data", tmp_path / "table.csv")
    assert status == 2
    assert "holds no images" in err
    assert err.count("\n") == 1


def test_a_model_begins_the_page_if_it_is_of_the_same_images(fastmlp, served, digits, tmp_path, image_schema):
    network = Network((784, 5, 10), schema=image_schema)
    network.save(tmp_path / "good.safetensors")
    assert fastmlp("serve", "--data", digits, "--no-browser", "--model", tmp_path / "good.safetensors")[0] == 0
    Network((64, 5, 10)).save(tmp_path / "small.safetensors")
    for name, part in (("small", "64 inputs"), ("none", "none.safetensors")):
        status, out, err = fastmlp("serve", "--data", digits, "--model", tmp_path / f"{name}.safetensors")
        assert (status, out) == (2, "")
        assert part in err
        assert err.count("\n") == 1
    assert np.isfinite(network.params).all()


@pytest.fixture
def image_schema(digits):
    from fastmlp import load_dataset

    return load_dataset(digits).schema
