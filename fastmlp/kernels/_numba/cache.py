"""The cache of compiled kernels: one file for each compiled form, in a folder named after everything it was made from.

Numba's own cache stamps a kernel with its own source file only, so that an edited helper in another file is served
stale; it fails at every start when one of its files is truncated; and two processes that fill it at once can mix up
two forms of a kernel. Here the folder's name is a hash of all kernel sources, the compile flags, the versions and the
`NUMBA_*` settings; a file's name is a hash of the kernel and its argument types; its first 32 bytes are the sha256 of
the rest, and what does not match is compiled again. A folder that can't be used means no cache, never an error.

It depends on private parts of Numba: `KernelCache.attach` checks for them and leaves a kernel without a cache when they
are gone.
"""

import functools
import hashlib
import os
import pickle
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np

from fastmlp.kernels._numba import folder
from fastmlp.kernels._numba.interrupts import HeldSignals

SOURCES = Path(__file__).parents[1]
"""The folder of all kernels."""
HARMLESS = {"NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER", "NUMBA_DEBUG_CACHE"}
"""Settings that do not change the machine code; every other `NUMBA_*` variable makes a folder of its own."""


compile_listeners: list[Callable[[], None]] = []
"""Called whenever a kernel is about to be compiled, which may take seconds: commands say so."""

signals = HeldSignals()


def begin_compiling() -> None:
    """Tell the listeners."""
    for listener in tuple(compile_listeners):  # a listener may remove itself
        listener()


def stamp(flags: dict[str, Any]) -> str:
    """Return a hash of everything that a compiled kernel depends on beside its argument types and the CPU."""
    digest = hashlib.sha256()
    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_") and item[0] not in HARMLESS)
    described = {name: sorted(value) if isinstance(value, set) else value for name, value in flags.items()}
    versions = (sys.version, np.__version__, numba.__version__, llvmlite.__version__)
    digest.update(repr((versions, sorted(described.items()), settings)).encode())
    for path in sorted(SOURCES.rglob("[!.]*.py")):  # not an editor's lock file
        digest.update(f"{path.relative_to(SOURCES)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


_note_use = functools.cache(folder.note_use)
_remove_unused = functools.cache(folder.remove_unused)
"""Once a process for each folder."""


class KernelCache:
    """The cache of one kernel, with the methods that a Numba dispatcher calls; every failure is a miss."""

    def __init__(self, function: Any, place: Path | None) -> None:
        self._name = f"{function.__module__.removeprefix('fastmlp.')}.{function.__qualname__}"
        self._folder = place

    @classmethod
    def attach(cls, dispatcher: Any, place: Path | None) -> None:
        """Make `dispatcher` (what njit returned) keep its compiled forms in the folder `place`, if there is one."""
        from numba.core.compiler import CompileResult

        parts = (hasattr(dispatcher, "_cache"), hasattr(CompileResult, "_reduce"), hasattr(CompileResult, "_rebuild"))
        if all(parts):
            dispatcher._cache = cls(dispatcher.py_func, place)
            signals.guard(dispatcher)
        else:
            warnings.warn("This version of Numba is not known: kernels are compiled at every start.", stacklevel=3)

    @property
    def cache_path(self) -> str:
        """The folder, as Numba's `stats` reports it."""
        return str(self._folder)

    def _path(self, place: Path, signature: Any, codegen: Any) -> Path:
        key = repr((signature, codegen.magic_tuple()))  # the latter: the CPU and its features
        return place / f"{self._name}-{hashlib.sha256(key.encode()).hexdigest()[:20]}.kernel"

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """Return the compiled form for `signature`, or None where there is none that is whole."""
        found = signals.hold(self._load, signature, target_context)
        if found is None:
            target_context.refresh()
            begin_compiling()
        return found

    def _load(self, signature: Any, target_context: Any) -> Any:
        from numba.core.compiler import CompileResult
        from numba.core.runtime.nrt import rtsys

        if self._folder is not None and folder.why_not_loaded(self._folder) is None:
            try:
                rtsys.initialize(target_context)  # what code needs to run; refresh(), to be compiled, takes 0.2 s
                content = folder.read_own(self._path(self._folder, signature, target_context.codegen()))
                _note_use(self._folder)
                if hashlib.sha256(content[32:]).digest() == content[:32]:
                    return CompileResult._rebuild(target_context, *pickle.loads(content[32:]))
            except Exception:  # whatever is wrong with a cached file, compiling again mends it
                pass
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep the compiled form `result`; do nothing where it can't be kept."""
        signals.hold(self._save, signature, result)

    def _save(self, signature: Any, result: Any) -> None:
        from numba.core.serialize import dumps

        if self._folder is None or folder.why_not_loaded(self._folder) is not None:
            return
        if result.library.has_dynamic_globals or result.lifted:
            return
        _remove_unused(self._folder)
        content = dumps(result._reduce())
        path = self._path(self._folder, signature, result.codegen)
        try:
            handle, temporary = tempfile.mkstemp(".tmp", dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(content).digest() + content)
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError:
            return

    def enable(self) -> None:
        """Part of Numba's interface: this cache is always on."""

    def disable(self) -> None:
        """Part of Numba's interface: this cache is always on."""

    def flush(self) -> None:
        """Remove this kernel's compiled forms (called by `recompile`)."""
        if self._folder is not None:
            for path in self._folder.glob(f"{self._name}-*.kernel"):
                path.unlink(missing_ok=True)
