"""The graph of imports of the package, read from its source: every statement counts, wherever it stands in a file."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Import(NamedTuple):
    """One imported name: the statement's line, the dotted module it names, and the name taken from it, if any."""

    line: int
    module: str
    name: str | None


def imports_in(path: Path) -> Iterator[Import]:
    """Yield every import of a file, those in functions and under TYPE_CHECKING too; refuse relative ones."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: relative imports hide where they point"
            yield from (Import(node.lineno, node.module or "", alias.name) for alias in node.names)


def file_of(module: str) -> Path | None:
    """Return the source file of a dotted module of the project, or None if there is no such file."""
    place = ROOT.joinpath(*module.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def stub_homes(package: Path) -> dict[str, str]:
    """Return the dotted module of each name that a package's stub offers, {} without a stub."""
    stub = package / "__init__.pyi"
    if not stub.is_file():
        return {}
    dotted = ".".join(package.relative_to(ROOT).parts)
    nodes = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: f"{dotted}.{node.module}" for node in nodes for alias in node.names}


def targets(imported: Import) -> Iterator[Path]:
    """Yield the files of the project that an import needs.

    `from package import name` needs the module `package.name` if there is one, else the package's `__init__.py` and, if
    the package imports the name lazily, the module where its stub finds it. The `__init__.py` of the packages around a
    module do not count: Python runs them too, but a module does not depend on what they gather.
    """
    if imported.name is not None:
        module = file_of(f"{imported.module}.{imported.name}")
        if module is not None:
            yield module
            return
    package = file_of(imported.module)
    if package is None:
        return
    yield package
    home = stub_homes(package.parent).get(imported.name or "") if package.name == "__init__.py" else None
    if home is not None:
        yield from targets(Import(imported.line, home, imported.name))


def graph_of(folder: Path) -> dict[Path, set[Path]]:
    """Return the files that each source file below `folder` imports."""
    return {
        path: {target for imported in imports_in(path) for target in targets(imported)}
        for path in sorted(folder.rglob("*.py"))
    }
