"""The programs and the notebook in examples/ run, and reach the accuracy that they claim."""

import ast
import json
import re
import subprocess
import sys

import pytest

from fastmlp.datasets import Dataset, Split, find_dataset, write_idx
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.explore.experiments import data_size


@pytest.fixture
def own_loop(monkeypatch, pytestconfig):
    monkeypatch.syspath_prepend(pytestconfig.rootpath / "examples")
    import own_loop

    yield own_loop
    del sys.modules["own_loop"]


@pytest.mark.slow
def test_the_own_loop_reaches_93_percent(own_loop, capsys):
    data = "mnist" if find_dataset("mnist") else "drawn"
    assert own_loop.main(data) >= 0.93
    assert "test accuracy 9" in capsys.readouterr().out


@pytest.mark.slow
def test_the_notebook_runs(monkeypatch, pytestconfig, capsys):
    """Every code cell runs on a small data set; the value of its last expression is kept, as Jupyter would show it."""
    small = Split(*draw_digits(400)), Split(*draw_digits(100, stream="test"))
    monkeypatch.setattr(
        "fastmlp.datasets.load.load_dataset", lambda name: Dataset(name, *small, tuple("0123456789"), (28, 28))
    )
    monkeypatch.setattr(data_size.run, "__defaults__", ((100, 400), 500))  # 7,500 steps a network take too long
    notebook = json.loads((pytestconfig.rootpath / "examples" / "lecture.ipynb").read_text())
    assert notebook["nbformat"] == 4
    names, shown = {}, []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            tree = ast.parse("".join(cell["source"]))
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "cell", "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
                shown.append(value._repr_html_() if hasattr(value, "_repr_html_") else repr(value))
    assert sum("data:image/png;base64," in each for each in shown) == 13
    assert "13002" in shown
    assert sum("<svg" in each for each in shown) == 2  # the network, and the history with its curves
    assert capsys.readouterr().err.splitlines()[-1].startswith("epoch 40/40  loss")
    assert names["history"][-1].loss < names["history"][0].loss
    assert names["network"].accuracy(*small[1]) > 0.5


@pytest.mark.slow
def test_a_sweep_on_a_local_dask_cluster_trains_each_network_once(pytestconfig, tmp_path):
    for stream, prefix, n in (("train", "train", 400), ("test", "t10k", 100)):
        X, y = draw_digits(n, stream=stream)
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte", X.reshape(-1, 28, 28))
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte", y.astype("uint8"))
    program = pytestconfig.rootpath / "examples" / "sweep_on_dask.py"
    end = subprocess.run([sys.executable, program, tmp_path], capture_output=True, text=True, timeout=300, check=False)
    assert end.returncode == 0, end.stderr
    first, second = re.match(r"(\d+) \+ (\d+) networks", end.stdout).groups()
    assert int(first) + int(second) == 12
