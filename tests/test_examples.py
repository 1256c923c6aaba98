"""The programs in examples/ run, and reach what they say."""

import ast
import json
import re
import subprocess
import sys

import pytest

from fastmlp.data import Dataset, Split, find_dataset
from fastmlp.data.drawn import draw_digits
from fastmlp.explore import data_size


@pytest.fixture
def own_loop(monkeypatch, pytestconfig):
    monkeypatch.syspath_prepend(pytestconfig.rootpath / "examples")
    import own_loop

    yield own_loop
    del sys.modules["own_loop"]


def test_a_loop_of_ones_own_reaches_93_percent(own_loop, capsys):
    data = "mnist" if find_dataset("mnist") else "drawn"
    assert own_loop.main(data) >= 0.93
    assert "test accuracy 9" in capsys.readouterr().out


def test_the_notebook_walks_through_the_lecture(monkeypatch, pytestconfig):
    """Every code cell runs, on a small data set; its last expression is shown as Jupyter would show it."""
    small = Split(*draw_digits(400)), Split(*draw_digits(100, stream="test"))
    monkeypatch.setattr("fastmlp.data.load_dataset", lambda name: Dataset(name, *small, tuple("0123456789"), (28, 28)))
    monkeypatch.setattr(data_size, "__defaults__", ((100, 400), 500))  # as many steps as for 60,000 images take long
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
    assert names["history"][-1].loss < names["history"][0].loss
    assert names["network"].accuracy(*small[1]) > 0.5


def test_a_sweep_on_a_local_dask_cluster_trains_each_network_once(pytestconfig, tmp_path):
    from fastmlp.data import write_idx
    from fastmlp.data.drawn import draw_digits

    for stream, prefix, n in (("train", "train", 400), ("test", "t10k", 100)):
        X, y = draw_digits(n, stream=stream)
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte", X.reshape(-1, 28, 28))
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte", y.astype("uint8"))
    program = pytestconfig.rootpath / "examples" / "sweep_on_dask.py"
    end = subprocess.run([sys.executable, program, tmp_path], capture_output=True, text=True, timeout=300, check=False)
    assert end.returncode == 0, end.stderr
    first, second = re.match(r"(\d+) \+ (\d+) networks", end.stdout).groups()
    assert int(first) + int(second) == 12
