"""Kernels inlined into other kernels: machine code is made once, for the kernel that Python calls.

Numba optimises each function and makes machine code of it, and does so again in everything that calls it: six levels
of kernels took three times as long to compile as the uppermost alone. So a kernel that compiled code calls is lowered
to LLVM code and no further; the kernel that Python calls links all of them, and they are optimised there.

Depends on private parts of Numba. If they are gone, `attach` leaves a kernel as Numba made it, which takes longer to
compile; `delegate` refuses, for without it kernels would be compiled for samples of the wrong type.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numba
from numba.core import compiler, types
from numba.core.codegen import JITCodeLibrary

from fastmlp.kernels._numba.cache import begin_compiling, signals
from fastmlp.kernels._numba.origin import ORIGIN


class _InlinedLibrary(JITCodeLibrary):
    """The code of a kernel that is only linked into other code."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Leave optimising to the kernel that links this one; only the data layout is set."""
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """End the kernel's own code, and mark it; what it calls is not linked into it."""
        self._reload_init.add(ORIGIN)
        for library in self._linking_libraries:
            self._reload_init.update(library._reload_init)
        self._finalize_dynamic_globals()
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        """Return the code of this kernel and of all that it calls, for the kernel that Python calls."""
        module = super()._get_module_for_linking().clone()
        for library in self._called({}):
            module.link_in(JITCodeLibrary._get_module_for_linking(library), preserve=True)
        return module

    def _called(self, found: dict[Any, None]) -> dict[Any, None]:
        """Add the libraries that this one calls, at all depths, to those found; each is linked once into a module.

        A library of Numba's own has been linked with what it calls. A kernel that comes in two modules is merged when
        these are linked: Numba marks linked functions as linkonce_odr.
        """
        for library in self._linking_libraries:
            if library not in found:
                found[library] = None
                if isinstance(library, _InlinedLibrary):
                    library._called(found)
        return found

    def get_pointer_to_function(self, name: str) -> int:
        """Return null: there is no machine code."""
        return 0

    @property
    def codegen(self) -> Any:
        """A stand-in that ignores where Numba keeps a function's Python objects: inlined code has none."""
        return SimpleNamespace(set_env=lambda name, environment: None)


class _InliningCompiler(compiler.Compiler):
    def __init__(self, typing_context: Any, target_context: Any, library: Any, *arguments: Any) -> None:
        library = _InlinedLibrary(target_context.codegen(), "inlined")
        super().__init__(typing_context, target_context, library, *arguments)


class _NoCache:
    """A cache that never holds anything, but tells that a kernel is compiled."""

    def load_overload(self, signature: Any, target_context: Any) -> None:
        """Return None, after telling the listeners."""
        begin_compiling()

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep nothing."""


def options(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the options of `njit` for code that is only linked into other code."""
    return flags | {"no_cpython_wrapper": True, "pipeline_class": _InliningCompiler}


def attach(dispatcher: Any, function: Callable[..., Any], flags: dict[str, Any]) -> None:
    """Make compiled code that calls `dispatcher` (njit's result for `function`) inline it.

    A constant argument is then a number like any other: Numba would compile another form for each constant.
    """
    if not _is_known(dispatcher):
        return
    inlined: Any = numba.njit(**options(flags))(function)
    inlined._cache = _NoCache()
    signals.guard(inlined)

    def template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        kinds = tuple(map(types.unliteral, args)), {name: types.unliteral(kind) for name, kind in kws.items()}
        return inlined.get_call_template(*kinds)

    dispatcher.get_call_template, dispatcher.get_overload = template, inlined.get_overload


def delegate(dispatcher: Any, choose: Callable[[tuple[Any, ...]], Any]) -> None:
    """Make compiled code that calls `dispatcher` call the kernel that `choose` returns for the argument types.

    Raises
    ------
    ImportError
        This version of Numba works in another way.
    """
    if not _is_known(dispatcher):
        raise ImportError(f"fastmlp does not know Numba {numba.__version__}: install an earlier version, or report it.")
    dispatcher.get_call_template = lambda args, kws: choose(args).get_call_template(args, kws)
    dispatcher.get_overload = lambda args: choose(args).get_overload(args)


def _is_known(dispatcher: Any) -> bool:
    """Return whether Numba is as it was."""
    parts = ("_optimize_functions", "_get_module_for_linking", "_finalize_dynamic_globals")
    return all(hasattr(JITCodeLibrary, name) for name in parts) and all(
        hasattr(dispatcher, name) for name in ("get_call_template", "get_overload", "_cache", "_compiler")
    )
