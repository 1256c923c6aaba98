"""Kernels as Python calls them: checked once a call. Compiled code that calls one gets the kernel itself, unchecked."""

import inspect
from collections.abc import Callable
from typing import Any, Generic, ParamSpec

from numba.core import types
from numba.core.errors import TypingError
from numba.extending import typeof_impl

P = ParamSpec("P")


class Checked(Generic[P]):
    """A kernel behind a check of its arguments, for calls from Python.

    Numba takes it for the kernel: compiled code calls that.

    Parameters
    ----------
    kernel : dispatcher
        Result of the decorator `kernel`.
    check : function
        Takes the kernel's arguments, and raises ValueError with one sentence for what does not fit. Type checkers get
        the kernel's arguments from it.
    in_python : function, optional
        Called from Python instead of the kernel.

    Attributes
    ----------
    check : function
    kernel : dispatcher
        It has Numba's own attributes, such as `signatures`.
    py_func : function
        The source of the kernel.
    """

    def __init__(self, kernel: Any, check: Callable[P, None], in_python: Callable[..., Any] | None = None) -> None:
        self.kernel, self.check, self._call = kernel, check, in_python or kernel
        self.__doc__, self.__name__, self.__qualname__ = kernel.__doc__, kernel.__name__, kernel.__name__
        self.__wrapped__ = kernel
        self.py_func = getattr(kernel, "py_func", kernel)  # under NUMBA_DISABLE_JIT the kernel is the function
        self.__module__ = "fastmlp.kernels"  # the package that offers it, where pickles find it

    def __call__(self, *args: P.args, **named: P.kwargs) -> Any:
        """Check the arguments, and call the kernel.

        Raises
        ------
        ValueError, TypeError
            An argument does not fit the others; nothing was done.
        """
        try:
            self.check(*args, **named) if named else self.check(*args)  # type: ignore[call-arg]  # sooner
        except ValueError as error:
            raise ValueError(f"{self.__name__}: {error}") from None
        except (TypeError, AttributeError, IndexError):  # of the check itself: no array, or another number of arguments
            raise TypeError(self._describe(args, named)) from None
        try:
            return self._call(*args, **named) if named else self._call(*args)
        except TypingError as error:  # of what no check looks at, such as the type of a number
            raise TypeError(self._describe(args, named)) from error

    def __reduce__(self) -> str:
        return str(self.__name__)

    def __repr__(self) -> str:
        return f"<checked kernel {self.__name__}>"

    def _describe(self, args: tuple[Any, ...], named: dict[str, Any]) -> str:
        """Return the sentence about arguments of other types than the kernel takes."""
        try:
            given = inspect.signature(self.check).bind(*args, **named).arguments
        except TypeError as error:
            return f"{self.__name__}: {error}."
        kinds = ", ".join(f"{name} is {_kind(value)}" for name, value in given.items())
        return f"{self.__name__} takes arguments of the types that its docstring states, but {kinds}."


def _kind(value: Any) -> str:
    """Return what kind of argument a value is, in a few words."""
    kind = type(value).__name__
    return f"{kind} {value.shape} {value.dtype}" if hasattr(value, "shape") and hasattr(value, "dtype") else kind


@typeof_impl.register(Checked)
def _type_of_checked(value: Any, context: Any) -> Any:
    return types.Dispatcher(value.kernel)
