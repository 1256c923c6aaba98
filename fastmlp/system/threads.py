"""Threads for kernels: a team that runs one kernel together, and chunks of samples shared by a pool.

`Team` is written by hand because a training kernel makes its threads wait for each other at barriers. All of them must
be inside the kernel at the same time, or those inside wait for ever. A pool of the standard library starts its threads
one by one as tasks arrive and promises no such thing. A team starts its threads before the first call, and holds Ctrl-C
back during a call, which lasts a tenth of a second. `run_in_chunks` has no barriers and uses the standard pool.
"""

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.kernels import interrupts
from fastmlp.system.machine import cores

T = TypeVar("T")

LEAST_CHUNKS = 4
"""Chunks that a thread must have to repay its start: at 0.25 ms or more each, about 1 ms of work."""

CHUNKS_PER_TASK = 8
"""Chunks that a thread takes at a time. Tasks of 4 chunks made the prediction of 10,000 images 2 % slower than tasks of
8. After Ctrl-C a thread ends its task, which can take 80 ms in a large network."""


class Team:
    """Threads that each call the same function with their own number; the calling thread is number 0.

    Parameters
    ----------
    threads : int
        Size of the team. With 1, no thread is started.

    Attributes
    ----------
    arrivals : (16,) int64
        Memory in which the kernel's barriers count arrivals.

    Raises
    ------
    InputError
        The system can't start that many threads.
    """

    def __init__(self, threads: int) -> None:
        self.arrivals = kernels.new_arrivals()
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
        """Call function(thread) on `threads` threads at the same time; return the sum of the results.

        Ctrl-C is held back until all threads have returned. An error in any thread is raised here.
        """
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
    """Run the functions from `calls` until None arrives; put each result, or the error, into `answers`."""
    while (function := calls.get()) is not None:
        try:
            answers.put(function(thread))
        except BaseException as error:  # or the caller would wait for ever
            answers.put(error)


def threads_for_chunks(n: int, rows: int) -> int:
    """Return the number of threads to use for `n` samples in chunks of `rows`."""
    threads = n // (LEAST_CHUNKS * rows)
    return min(cores(), threads) if threads > 1 else 1


def run_in_chunks(n: int, rows: int, threads: int, call: Callable[[slice], T]) -> list[T]:
    """Return call(chunk) for each chunk of `n` samples, in the order of the chunks.

    The chunks do not depend on the number of threads, so neither do sums over the results. The calling thread runs the
    first chunk before the others begin: if a kernel must be compiled, that happens where Ctrl-C is heard. Ctrl-C, or an
    error in any chunk, cancels the tasks that no thread has begun, and waits for the others.

    Parameters
    ----------
    n, rows : int
        Number of samples, and of samples in a chunk.
    threads : int
        Number of threads, the calling one included.
    call : function
        Takes a slice of the samples. Several threads call it at the same time.

    Raises
    ------
    InputError
        The system can't start the threads.
    """
    chunks = [slice(start, start + rows) for start in range(0, n, rows)]
    if threads == 1 or len(chunks) < 2:
        return [call(chunk) for chunk in chunks]

    from concurrent.futures import ThreadPoolExecutor  # imported here: it takes 7 ms, and one thread needs no pool

    def run(task: list[slice]) -> list[T]:
        return [call(chunk) for chunk in task]

    first, rest = call(chunks[0]), chunks[1:]
    size = min(CHUNKS_PER_TASK, max(1, len(rest) // threads))
    tasks = [rest[start : start + size] for start in range(0, len(rest), size)]
    pool = ThreadPoolExecutor(threads - 1, "fastmlp")
    try:
        try:
            futures = [pool.submit(run, task) for task in tasks]
        except RuntimeError:
            raise InputError(f"{threads} threads can't be started: pass fewer samples at a time.") from None
        # The pool takes tasks from the front, the calling thread from the back, until they meet.
        results = [
            run(task) if future.cancel() else future.result()
            for task, future in zip(reversed(tasks), reversed(futures), strict=True)
        ]
    finally:
        pool.shutdown(cancel_futures=True)
    return [first, *(result for task in reversed(results) for result in task)]
