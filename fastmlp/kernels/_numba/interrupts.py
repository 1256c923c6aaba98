"""Ctrl-C while kernels are compiled: heard between two kernels, since LLVM's callbacks would swallow it or break on it.

The cache begins and ends a wait at each compilation.
"""

import signal
import threading
from typing import Any


class DeferredInterrupts:
    """Holds Ctrl-C back from the start of a compilation to its end, or to the start of the next one inside of it."""

    def __init__(self) -> None:
        self._depth = 0
        self._heard = False
        self._previous: Any = None

    def begin(self) -> None:
        """Hold Ctrl-C back from here on; raise KeyboardInterrupt if it came while an outer kernel was compiled."""
        if threading.current_thread() is not threading.main_thread():
            return
        if self._depth == 0:
            self._previous = signal.getsignal(signal.SIGINT)
            if self._previous is not signal.default_int_handler:
                return  # not Python's own handling: somebody else's business
            signal.signal(signal.SIGINT, self._hear)
        elif self._heard:
            self._stop()
        self._depth += 1

    def end(self) -> None:
        """Leave a compilation; raise KeyboardInterrupt if it was the outermost one and Ctrl-C came meanwhile."""
        if self._depth == 0 or threading.current_thread() is not threading.main_thread():
            return
        self._depth -= 1
        if self._depth == 0:
            signal.signal(signal.SIGINT, self._previous)
            if self._heard:
                self._stop()

    def guard(self, dispatcher: Any) -> None:
        """Make a compilation of `dispatcher` that fails end, too."""
        compile_form = dispatcher._compiler.compile

        def guarded(args: Any, return_type: Any) -> Any:
            try:
                return compile_form(args, return_type)
            except BaseException:
                self.end()
                raise

        dispatcher._compiler.compile = guarded

    def _hear(self, number: int, frame: Any) -> None:
        if self._heard:  # a second time: now
            self._stop()
        self._heard = True

    def _stop(self) -> None:
        self._depth, self._heard = 0, False
        signal.signal(signal.SIGINT, self._previous)
        raise KeyboardInterrupt
