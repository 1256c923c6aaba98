"""A team of threads that run the same kernel together, each with its own number. Called by Trainer.

The kernel makes its threads wait for each other, so all must be in it: they are started before the first call, and
Ctrl-C is held back during one, which lasts a tenth of a second. Called by Network too, whose kernels don't wait.
"""

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.kernels import interrupts


class Team:
    """Threads that each call the same function with their own number; the caller is number 0.

    Parameters
    ----------
    threads : int
        With 1, no thread is started.
    """

    def __init__(self, threads: int) -> None:
        self.memory = kernels.new_team()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._calls: list[queue.SimpleQueue[Callable[[int], int] | None]] = []
        try:
            for thread in range(1, threads):
                calls: queue.SimpleQueue[Callable[[int], int] | None] = queue.SimpleQueue()
                arguments = (thread, calls, self._answers)
                threading.Thread(target=_work, args=arguments, name=f"fastmlp-{thread}", daemon=True).start()
                self._calls.append(calls)
        except RuntimeError:
            started = 1 + len(self._calls)
            self.close()
            raise InputError(f"No more than {started} of {threads} threads can be started: pass fewer.") from None
        except BaseException:
            self.close()
            raise

    def call(self, function: Callable[[int], int], threads: int) -> int:
        """Call function(thread) on `threads` threads at the same time; return the sum of what they return."""
        if threads == 1:
            return function(0)
        interrupts.begin()
        try:
            for calls in self._calls[: threads - 1]:
                calls.put(function)
            answers = [function(0), *(self._answers.get() for _ in range(1, threads))]
            if errors := [answer for answer in answers if isinstance(answer, BaseException)]:
                raise errors[0]
            return sum(answers)
        finally:
            interrupts.end()

    def close(self) -> None:
        """End the threads."""
        for calls in self._calls:
            calls.put(None)
        self._calls = []

    def __enter__(self) -> "Team":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _work(thread: int, calls: Any, answers: Any) -> None:
    while (function := calls.get()) is not None:
        try:
            answers.put(function(thread))
        except BaseException as error:  # or the caller would wait for ever
            answers.put(error)
