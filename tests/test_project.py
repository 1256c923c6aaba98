"""What holds for the project as a whole: imports point downwards, files stay small, the README's code runs."""

import ast
import re
from pathlib import Path

import pytest

from fastmlp.data import Dataset, Split
from fastmlp.data.drawn import draw_digits

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "fastmlp").rglob("*.py"))
LAYERS = [  # from the bottom; a module may import those of the lines above its own
    {"errors", "files", "machine", "kernels"},
    {"packing"},
    {"inputs", "shares", "team", "pace", "storage", "history", "presets", "data", "picture", "plots"},
    {"targets", "regularisation", "optimizers", "parts", "painter"},
    {"network", "schedules", "checkpoints", "augmentation"},
    {"callbacks", "plan", "augmented"},
    {"fitting"},
    {"trainer"},
    {"making"},
    {"terminal"},
    {"report"},
    {"run"},
    {"explore", "sweep"},
    {"cli"},
]


def layer_of(part):
    return next(number for number, names in enumerate(LAYERS) if part in names)


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("fastmlp."))
        assert not (isinstance(node, ast.ImportFrom) and node.level), "relative imports hide where they point"
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fastmlp"):
            for alias in node.names:
                parts = [*node.module.split("."), alias.name]
                if len(parts) > 1 and parts[1] not in {"__version__"}:
                    yield parts[1]


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent.name != "fastmlp" or p.stem[0] != "_"], ids=str)
def test_imports_point_downwards(path):
    own = path.relative_to(ROOT / "fastmlp").parts[0].removesuffix(".py")
    for imported in imports_of(path):
        assert imported == own or layer_of(imported) < layer_of(own), f"{own} imports {imported}"
        assert own != "kernels" or imported == "kernels"


@pytest.mark.parametrize("path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda p: p.name)
def test_files_stay_small(path):
    assert len(path.read_text().splitlines()) <= 400


def test_the_readmes_first_two_commands_set_everything_up():
    first, second = re.findall(r"```sh\n(.*?)\n```", (ROOT / "README.md").read_text(), re.DOTALL)[:2]
    assert first.startswith("python3 -m venv .venv && ")
    assert first.endswith("fastmlp train")
    assert second.endswith("-m pytest")


def test_the_readmes_python_runs(monkeypatch, tmp_path):
    (code,) = re.findall(r"```python\n(.*?)\n```", (ROOT / "README.md").read_text(), re.DOTALL)
    small = Split(*draw_digits(500)), Split(*draw_digits(100, stream="test"))
    monkeypatch.setattr("fastmlp.data.load_dataset", lambda name: Dataset(name, *small, tuple("0123456789"), (28, 28)))
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    assert len(names["history"]) == 40
    assert names["network"].n_params == 13002
