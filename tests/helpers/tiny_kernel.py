"""A copy of the package that holds the cache of kernels and one kernel of a line, which compiles in a moment."""

import shutil
from pathlib import Path

import fastmlp

PACKAGE = Path(fastmlp.__file__).parent

HELPER = """
from fastmlp.kernels._numba.compile import kernel

@kernel
def floor(z):
    return type(z)(0)
"""
KERNEL = """
from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm.helper import floor

@kernel
def rectified(z):
    return max(floor(z), z)
"""


def copy_package(folder):
    """Copy the cache's sources to a folder, with the kernel `rectified` and its helper in another folder."""
    for name in ("__init__.py", "__init__.pyi", "lazy.py", "kernels/_numba"):
        source, target = PACKAGE / name, folder / "fastmlp" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (folder / "fastmlp" / "kernels" / "llvm").mkdir()
    (folder / "fastmlp" / "kernels" / "llvm" / "helper.py").write_text(HELPER)
    (folder / "fastmlp" / "kernels" / "tiny.py").write_text(KERNEL)


def change_helper(folder):
    """Let `rectified` return at least 0.5, by a change of its helper."""
    helper = folder / "fastmlp" / "kernels" / "llvm" / "helper.py"
    helper.write_text(HELPER.replace("(0)", "(0.5)"))
