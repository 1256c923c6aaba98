"""Signals while kernels are compiled: their handlers run between two kernels, never inside LLVM.

LLVM calls functions in Python that must not raise: what a signal handler raises there (KeyboardInterrupt, or a time
limit by SIGALRM) is printed and lost, or leaves LLVM broken. So every handler that is written in Python is replaced
during a compilation by one that only notes the signal. Handlers of noted signals run before the next kernel inside is
compiled, a second later at most, and at the end. So it is while a kernel is loaded or kept: whatever is raised there is
taken for a damaged file.
"""

import signal
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class HeldSignals:
    """Holds signals back in the main thread, where Python runs their handlers."""

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._noted: dict[int, Any] = {}

    def guard(self, dispatcher: Any) -> None:
        """Hold signals back whenever `dispatcher` (what njit returned) compiles a form, however that ends."""
        compile_form = dispatcher._compiler.compile
        dispatcher._compiler.compile = lambda args, return_type: self.hold(compile_form, args, return_type)

    def hold(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function with signals held back; run the handlers of those that came at its end.

        Inside another such call, those that have come so far run first.
        """
        if threading.current_thread() is not threading.main_thread():
            return function(*arguments)
        if self._handlers:
            self._run_handlers(self._handlers)
            return function(*arguments)
        handlers: dict[int, Any] = {number: signal.getsignal(number) for number in signal.valid_signals()}
        handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
        try:
            self._replace(handlers)
            return function(*arguments)
        finally:
            self._put_back(handlers)
            self._run_handlers(handlers)

    def _replace(self, handlers: dict[int, Any]) -> None:
        self._noted, self._handlers = {}, dict(handlers)
        try:
            for number in handlers:
                signal.signal(number, self._note)
        except ValueError:  # the main thread of a second interpreter: it has no signals
            self._handlers = {}

    def _put_back(self, handlers: dict[int, Any]) -> None:
        """Put the handlers back. Whichever is back may raise at once: the others are put back all the same."""
        left = dict(handlers)
        try:
            while left:
                number, handler = next(iter(left.items()))
                if signal.getsignal(number) == self._note:
                    signal.signal(number, handler)
                del left[number]
            self._handlers = {}
        except BaseException:
            self._put_back(left)
            raise

    def _note(self, number: int, frame: Any) -> None:
        """Note a signal; run its handler at once if it is Ctrl-C for the second time: LLVM may take long."""
        if number == signal.SIGINT and number in self._noted:
            del self._noted[number]
            self._handlers[number](number, frame)
        else:
            self._noted[number] = frame

    def _run_handlers(self, handlers: dict[int, Any]) -> None:
        """Run the handlers of all signals that were noted, even if one of them raises."""
        if self._noted:
            number, frame = self._noted.popitem()
            try:
                handlers[number](number, frame)
            finally:
                self._run_handlers(handlers)
