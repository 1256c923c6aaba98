"""Lazy import of a package's public names: each is imported when it is first used.

The names are listed once, in the package's stub `__init__.pyi`, where type checkers and editors find them too. The
library `lazy_loader` does the same. These few lines replace it, so that `import fastmlp.kernels` loads NumPy and Numba
alone.
"""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def attach(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` for a package that imports lazily.

    Parameters
    ----------
    package : str
        `__name__` of the package.
    file : str
        `__file__` of the package. The stub beside it has a line `from .module import Name as Name` for each name.
    """
    stub = Path(file).with_name("__init__.pyi").read_text(encoding="utf-8")
    homes = {name: module for module, name in re.findall(r"^from (\.[\w.]+) import (\w+) as", stub, re.MULTILINE)}

    def get(name: str) -> Any:
        """Return a public name, imported now."""
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name], package), name)

    return get, lambda: sorted(homes), list(homes)
