"""Kernels as parts of other kernels: compiled once, in the kernel that Python calls, not once more at every level.

Numba optimises each function and makes machine code of it, and does so again in everything that calls it: six levels
of kernels took three times as long to compile as the uppermost alone. So a kernel that is called by compiled code is
lowered to LLVM's language and no further; the kernel that Python calls takes in its parts, and all are optimised there.

Called by `_compile`. Depends on private parts of Numba: `attach` leaves a kernel as Numba made it when they are gone.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numba
from numba.core import compiler, types
from numba.core.codegen import JITCodeLibrary

from fastmlp.kernels._cache import begin_compiling, interrupts


class _Part(JITCodeLibrary):
    """The code of a part, which is only linked into other code."""

    def _optimize_final_module(self) -> None:
        """Leave that to what the part becomes a part of."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return null: there is no machine code."""
        return 0

    @property
    def codegen(self) -> Any:
        """What Numba tells the place of a function's Python objects; a part has neither."""
        return SimpleNamespace(set_env=lambda name, environment: None)


class _PartCompiler(compiler.Compiler):
    def __init__(self, typing_context: Any, target_context: Any, library: Any, *arguments: Any) -> None:
        super().__init__(typing_context, target_context, _Part(target_context.codegen(), "part"), *arguments)


class _NotKept:
    """What a part's dispatcher asks for compiled code: there is none, but Ctrl-C is heard before each part."""

    def load_overload(self, signature: Any, target_context: Any) -> None:
        """Begin a compilation."""
        begin_compiling()

    def save_overload(self, signature: Any, result: Any) -> None:
        """End it."""
        interrupts.end()


def attach(dispatcher: Any, function: Callable[..., Any], flags: dict[str, Any]) -> None:
    """Make compiled code that calls `dispatcher` (what njit made of `function`) take it in as a part.

    Also, a constant argument is a number like any other: Numba would compile another form for each constant.
    """
    if not all(
        hasattr(dispatcher, name) for name in ("get_call_template", "get_overload", "_cache")
    ):  # under NUMBA_DISABLE_JIT njit returns the plain function
        return
    options: dict[str, Any] = flags | {"no_cpython_wrapper": True, "pipeline_class": _PartCompiler}
    part: Any = numba.njit(**options)(function)
    part._cache = _NotKept()

    def template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        kinds = tuple(map(types.unliteral, args)), {name: types.unliteral(kind) for name, kind in kws.items()}
        return part.get_call_template(*kinds)

    dispatcher.get_call_template, dispatcher.get_overload = template, part.get_overload
