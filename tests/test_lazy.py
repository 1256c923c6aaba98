"""Lazy imports of public names."""

import subprocess
import sys

import pytest

import fastmlp
from fastmlp.lazy import attach


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package named lazy_package, with a module that has two public names."""
    folder = tmp_path / "lazy_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "module.py").write_text("one, two = 1, 2\n")
    (folder / "__init__.pyi").write_text("from .module import one as one\nfrom .module import two as two\n\nx: str\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder / "__init__.py"
    for name in ("lazy_package", "lazy_package.module"):
        sys.modules.pop(name, None)


def test_names_of_the_stub_are_imported_when_they_are_used(package):
    get, names, public = attach("lazy_package", str(package))
    assert public == names() == ["one", "two"]
    assert "lazy_package.module" not in sys.modules
    assert (get("one"), get("two")) == (1, 2)


def test_other_names_are_no_attributes(package):
    get, *_ = attach("lazy_package", str(package))
    for name in ("x", "module", "three"):
        with pytest.raises(AttributeError, match=f"module 'lazy_package' has no attribute '{name}'"):
            get(name)


def test_every_public_name_of_the_package_exists():
    assert {"Network", "Trainer", "load_dataset"} <= set(fastmlp.__all__)
    assert dir(fastmlp) == sorted(fastmlp.__all__)
    for name in fastmlp.__all__:
        assert getattr(fastmlp, name).__name__ == name


def test_importing_the_package_does_not_load_numba():
    code = "import sys, fastmlp; print(*({'numpy', 'numba', 'click', 'fastmlp.kernels'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
