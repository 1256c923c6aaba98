"""The Python code of the guides runs."""

import re
from pathlib import Path

import pytest

from fastmlp.datasets import Dataset, Split, load_dataset
from fastmlp.datasets.drawn.dataset import draw_digits

SLOW = {"explore", "kernels", "scikit-learn", "training"}
GUIDES = sorted((Path(__file__).parents[1] / "docs" / "guides").glob("*.md"))


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow) if path.stem in SLOW else path for path in GUIDES],
    ids=lambda path: path.name,
)
@pytest.mark.filterwarnings("ignore:Maximum iterations", "ignore::DeprecationWarning:skl2onnx")
def test_the_python_code_of_a_guide_runs(path, monkeypatch, tmp_path):
    if path.stem == "scikit-learn":
        pytest.importorskip("sklearn.base")
        pytest.importorskip("skl2onnx")
    small = Split(*draw_digits(500)), Split(*draw_digits(100, stream="test"))

    def load(name):
        return load_dataset(name) if name.endswith(".csv") else Dataset(name, *small, tuple("0123456789"), (28, 28))

    monkeypatch.setattr("fastmlp.datasets.load.load_dataset", load)
    monkeypatch.chdir(tmp_path)
    names = {}
    for number, code in enumerate(re.findall(r"```python\n(.*?)\n```", path.read_text(), re.DOTALL)):
        file = tmp_path / f"code{number}.py"
        file.write_text(code)  # Numba keeps the functions of files only
        exec(compile(code, file, "exec"), names)
    reached = {
        "data": lambda: names["trees"].classes,
        "exchange": lambda: names["again"].classes,
        "explore": lambda: names["finding"].facts,
        "kernels": lambda: names["least_sure"],
        "plots": lambda: names["upper"].lines,
        "scikit-learn": lambda: names["search"].best_params_,
        "serve": lambda: (tmp_path / "digits.html").read_bytes(),
        "sweeps": lambda: names["result"].rows,
        "training": lambda: names["trainer"].history,
    }
    assert len(reached[path.stem]()) > 0
