"""The programs and the notebook in examples/ run, and reach the accuracy that they claim."""

import ast
import importlib
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from fastmlp.datasets import Dataset, Split, find_dataset, write_idx
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.explore.experiments import data_size


@pytest.fixture
def example(monkeypatch, pytestconfig):
    """A function that imports a program of examples/ by its name."""
    monkeypatch.syspath_prepend(pytestconfig.rootpath / "examples")
    imported = []

    def load(name):
        imported.append(name)
        return importlib.import_module(name)

    yield load
    for name in imported:
        del sys.modules[name]


def digits():
    return "mnist" if find_dataset("mnist") else "drawn"


@pytest.mark.slow
def test_the_own_loop_reaches_93_percent(example, capsys):
    assert example("own_loop").main(digits()) >= 0.93
    assert "test accuracy 9" in capsys.readouterr().out


@pytest.mark.slow
def test_the_ensemble_is_better_than_each_of_its_networks(example, capsys):
    accuracy = example("ensemble").main(digits())
    _, each, ensemble = capsys.readouterr().out.splitlines()
    alone = [float(percent) / 100 for percent in re.findall(r"([\d.]+)%", each)]
    assert len(set(alone)) > 4  # they are not one network eight times
    assert min(alone) > 0.95
    assert accuracy > max(alone)
    assert ensemble.startswith(f"the ensemble: {accuracy:.2%}")


def test_the_cart_pole_obeys_the_equations_of_motion(example):
    """Force and torque balance in the accelerations, whose equations `push` has solved."""
    task = example("evolution_strategy")
    mass, lever = task.CART + task.POLE, task.POLE * task.HALF_LENGTH
    rng = np.random.default_rng(0)
    for force in (-task.FORCE, task.FORCE):
        state = rng.uniform(-0.2, 0.2, 4)
        place, speed, angle, spin = state
        cosine, sine = np.cos(angle), np.sin(angle)
        balance = [[mass, lever * cosine], [cosine, 4 / 3 * task.HALF_LENGTH]]
        acceleration, angular = np.linalg.solve(balance, [force + lever * spin**2 * sine, task.GRAVITY * sine])
        task.push.py_func(state, force)
        wanted = place + 0.02 * speed, speed + 0.02 * acceleration, angle + 0.02 * spin, spin + 0.02 * angular
        np.testing.assert_allclose(state, wanted, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_evolution_strategy_solves_the_cart_pole(example, capsys, seed):
    assert example("evolution_strategy").main(seed) >= 475
    assert " of 500 steps in 100 new episodes" in capsys.readouterr().out


@pytest.mark.timing
def test_the_evolution_strategy_plays_thousands_of_episodes_a_second(example, capsys):
    example("evolution_strategy").main()
    (rate,) = re.findall(r"([\d,]+) a second", capsys.readouterr().out)
    assert int(rate.replace(",", "")) >= 2000


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
