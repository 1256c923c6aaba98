"""Rules for the whole project: the order of imports, the size of files, the language, the commands of the README."""

import ast
import re
import sys
from graphlib import CycleError, TopologicalSorter

import pytest
from helpers.imports import ROOT, file_of, graph_of, imports_in, stub_homes

from fastmlp.datasets import Dataset, Split
from fastmlp.datasets.drawn.dataset import draw_digits

PACKAGE = ROOT / "fastmlp"
SOURCES = sorted(PACKAGE.rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

FLOORS = [  # from the bottom; a room imports rooms of lower floors only
    {"lazy"},
    {"__init__"},
    {"errors"},
    {"kernels"},
    {"system"},
    {"inputs"},
    {"datasets"},
    {"plots"},
    {"network"},
    {"training"},
    {"presets"},
    {"sweep", "explore"},
    {"sklearn", "exchange", "serve"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
DOORS = {("network/network.py", "exchange"): "users expect network.export(path) beside network.save(path)"}
"""Files that import a room above them, by file and room, with the reason. No file of the room may lead back."""

KERNELS_MAY_IMPORT = {"numpy", "numba", "llvmlite", *sys.stdlib_module_names}

GRAPH = graph_of(PACKAGE)


def name_of(path):
    """The path of a file below the package, or below the project."""
    return path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).as_posix()


def room_of(path):
    """The folder of the package, or the file directly in it, that a source file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


every_source = pytest.mark.parametrize("path", SOURCES, ids=name_of)


@every_source
def test_imports_point_downwards(path):
    own = room_of(path)
    for target in GRAPH[path]:
        imported = room_of(target)
        if (name_of(path), imported) in DOORS:
            continue
        assert imported == own or FLOOR[imported] < FLOOR[own], f"{own} imports {name_of(target)}"


@every_source
def test_every_import_of_the_package_is_found(path):
    """A name that leads to no file would leave the graph without its edge."""
    for imported in imports_in(path):
        if imported.module.split(".")[0] == "fastmlp":
            assert file_of(imported.module) is not None, imported
            assert imported != (imported.line, "fastmlp", None), "import the module that has the name"


@pytest.mark.parametrize("stub", sorted(PACKAGE.rglob("__init__.pyi")), ids=name_of)
def test_a_stub_names_modules_that_exist(stub):
    assert {home for home in stub_homes(stub.parent).values() if file_of(home) is None} == set()


def test_modules_are_imported_by_statements_alone():
    """The graph lacks imports by name, but for lazy packages, whose stubs it reads; a worker warms up that way."""
    by_name = {name_of(path) for path in SOURCES if re.search(r"import_module|__import__", path.read_text())}
    assert by_name <= {"lazy.py", "plots/worker.py"}


def test_the_list_of_doors_is_true():
    upwards = {
        (name_of(path), room_of(target))
        for path, targets in GRAPH.items()
        for target in targets
        if FLOOR[room_of(target)] > FLOOR[room_of(path)]
    }
    assert upwards == set(DOORS)


def test_no_file_imports_itself_through_others():
    edges = {(name_of(path), name_of(target)) for path, files in GRAPH.items() for target in files if path != target}
    sorter = TopologicalSorter()
    for importer, imported in edges:
        sorter.add(importer, imported)
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("path", sorted((PACKAGE / "kernels").rglob("*.py")), ids=name_of)
def test_kernels_import_numpy_and_numba_alone(path):
    modules = {imported.module for imported in imports_in(path)}
    modules = {module for module in modules if not f"{module}.".startswith("fastmlp.kernels.")}
    assert {module for module in modules if module.split(".")[0] not in KERNELS_MAY_IMPORT} == set()


@every_source
def test_private_names_stay_in_their_module_or_folder(path):
    """A name with a leading underscore is imported only from within the package that holds it."""
    own = ["fastmlp", *path.relative_to(PACKAGE).with_suffix("").parts]
    for imported in imports_in(path):
        names = [*imported.module.split("."), *([imported.name] if imported.name else [])]
        for depth, name in enumerate(names):
            if names[0] == "fastmlp" and name.startswith("_") and not name.endswith("__"):
                assert own[:depth] == names[:depth], f"{'.'.join(names)} is private"


def functions_of(path):
    """Yield the name of each function of a file, nested ones too, and its lines, decorators and docstring included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield node.name, node.end_lineno - first + 1


@pytest.mark.parametrize("path", [*SOURCES, *BENCHMARKS, *EXAMPLES, *TESTS], ids=name_of)
def test_files_and_functions_stay_small(path):
    assert len(path.read_text().splitlines()) <= 500
    assert {name: lines for name, lines in functions_of(path) if lines > 60} == {}


def docstrings_of(path):
    """Yield the line and the text of each docstring of a file, those of constants and fields too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


@pytest.mark.parametrize("path", [*SOURCES, *BENCHMARKS], ids=name_of)
def test_docstrings_begin_with_what_a_thing_is(path):
    for line, text in docstrings_of(path):
        assert not re.match(r"\s*(Of|What|Where|Whether)\b", text), f"line {line}: {text.splitlines()[0]}"


@pytest.mark.parametrize("path", [*SOURCES, *BENCHMARKS], ids=name_of)
def test_docstrings_do_not_list_callers(path):
    for line, text in docstrings_of(path):
        assert not re.search(r"\bCalled\s+by\b", text), f"line {line}: an editor knows who calls it"


NO_COUNTERPART = {
    "test_project.py": "rules for the whole project",
    "cli/test_mixups.py": "scales, columns and pictures that were once mixed up in silence, through the commands",
    "test_examples.py": "runs the programs of examples/",
    "test_guides.py": "runs the code of docs/guides/",
    "test_types.py": "the types of the public names, as mypy sees them in a user's script",
    "kernels/test_against_twin.py": "all kernels together, in whole batches and epochs",
    "kernels/test_methods.py": "all kernels together, with each method of training",
    "kernels/test_public_kernels.py": "the names that kernels/__init__.py offers",
    "explore/experiments/test_experiments.py": "what all experiments have in common",
    "explore/experiments/test_on_mnist.py": "what the experiments find on the real MNIST",
    "datasets/test_large.py": "files that need not fit in memory, of every format",
    "inputs/test_sparse_matrices.py": "SciPy's matrices on their way through fit and predict",
    "torture/test_fit_against_twin.py": "whole trainings, random in everything",
    "torture/test_resources.py": "trainings where memory and the like are scarce",
    "torture/test_guard_pages.py": "all public kernels, in processes of their own",
    "training/test_disk.py": "whole trainings on samples that stay on the disk",
    "training/test_arrivals.py": "whole trainings that are interrupted at any moment",
    "sklearn/test_checks.py": "scikit-learn's own checks, of whole estimators",
    "training/test_against_pytorch.py": "a whole training beside PyTorch's",
    "sweep/test_databases.py": "whole sweeps of several processes, with each kind of store",
    "serve/test_javascript.py": "the page's modules, which node tests and checks",
    "serve/test_page.py": "the page in a real browser",
    "sweep/test_interruption.py": "whole sweeps that are killed and continued",
    "torture/test_mutated_files.py": "damaged files of every format",
    "torture/test_strange_files.py": "pipes, devices and other things in place of files",
}
"""Test files that test no single source file, with the reason."""


def counterparts(path):
    """The source files that a test file may be named after."""
    parts = path.relative_to(ROOT / "tests").with_name(path.name.removeprefix("test_")).parts
    return [ROOT.joinpath(*parts), PACKAGE.joinpath(*parts)]


@pytest.mark.parametrize("path", [p for p in TESTS if p.name.startswith("test_")], ids=name_of)
def test_tests_mirror_the_package(path):
    name = path.relative_to(ROOT / "tests").as_posix()
    assert (name in NO_COUNTERPART) != any(source.is_file() for source in counterparts(path))


def test_the_list_of_tests_without_a_counterpart_is_true():
    assert {name for name in NO_COUNTERPART if not (ROOT / "tests" / name).is_file()} == set()


def test_the_readmes_first_two_commands_set_everything_up():
    first, second = re.findall(r"```sh\n(.*?)\n```", (ROOT / "README.md").read_text(), re.DOTALL)[:2]
    assert first.startswith("python3 -m venv .venv && ")
    assert first.endswith("fastmlp train")
    assert second.endswith("-m pytest")


def test_the_readmes_python_runs(monkeypatch, tmp_path):
    (code,) = re.findall(r"```python\n(.*?)\n```", (ROOT / "README.md").read_text(), re.DOTALL)
    small = Split(*draw_digits(500)), Split(*draw_digits(100, stream="test"))
    monkeypatch.setattr(
        "fastmlp.datasets.load.load_dataset", lambda name: Dataset(name, *small, tuple("0123456789"), (28, 28))
    )
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    assert len(names["history"]) == 40
    assert names["network"].n_params == 13002
