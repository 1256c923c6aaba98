"""Threads for kernels: a team that runs one function together, and chunks of samples that a team shares.

`Team` is written by hand because a training kernel makes its threads wait for each other at barriers. All of them must
be inside the kernel at the same time, or those inside wait for ever. A pool of the standard library starts its threads
one by one as tasks arrive and promises no such thing. A team starts its threads before the first call. It sends them
into a kernel, and the calling thread itself, in one step, which no exception of a signal handler can tear apart.
"""

import functools
import operator
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.kernels.threads import ABANDONED
from fastmlp.system.helper import Answer, Answers, Helper, NoThreadError
from fastmlp.system.machine import cores
from fastmlp.system.one_step import in_one_step

T = TypeVar("T")

LEAST_CHUNKS = 4
"""Chunks that a thread must have to repay its start: at 0.25 ms or more each, about 1 ms of work."""

CHUNKS_PER_TASK = 8
"""Chunks that a thread takes at a time. Tasks of 4 chunks made the prediction of 10,000 images 2 % slower than tasks of
8. After Ctrl-C a thread ends its task, which can take 80 ms in a large network."""


class Team:
    """Threads that each call the same function with their own Worker; the calling thread is number 0.

    Parameters
    ----------
    threads : int
        Size of the team. With 1, no thread is started.
    fewest : int, optional
        The smallest size that will do, if the system can't start so many; by default `threads`.

    Attributes
    ----------
    threads : int
        Size of the team.

    Raises
    ------
    InputError
        The system can't start that many threads.
    """

    def __init__(self, threads: int, fewest: int | None = None) -> None:
        self._helpers: list[Helper] = []
        try:
            while len(self._helpers) < threads - 1:
                self._helpers.append(Helper())
        except NoThreadError:
            started = 1 + len(self._helpers)
            if started < (threads if fewest is None else fewest):
                self.close()
                raise InputError(f"No more than {started} of {threads} threads can be started: pass fewer.") from None
        self.threads = 1 + len(self._helpers)

    def call(
        self, function: Callable[[kernels.Worker], T], threads: int, then: tuple[Callable[[], Any], ...] = ()
    ) -> list[T]:
        """Call function(worker) on `threads` threads at the same time; return their results in the workers' order.

        An error in any thread is raised here. What a signal handler raises meanwhile is raised when all threads have
        returned.

        Parameters
        ----------
        function : function
            If it is a kernel, or a `functools.partial` of one, that is compiled already, then an exception from outside
            arrives before the call or after its end.
        threads : int
            At most the size of the team.
        then : functions
            What the calling thread calls after `function`, in the same step: see `in_one_step`.
        """
        arrivals = kernels.new_arrivals()
        mine, *others = (functools.partial(function, kernels.Worker(n, threads, arrivals)) for n in range(threads))
        abandoning = functools.partial(operator.setitem, arrivals, ABANDONED, 1)  # in C: see Helper.asking
        asked: list[Answers[Answer]] = []
        asking: list[Callable[[], Any]] = []
        assert threads - 1 <= len(self._helpers), "those in a kernel would wait for ever for the others"
        for helper, other in zip(self._helpers, others, strict=False):
            answers: Answers[Answer] = Answers()
            asking += [helper.asking(other, answers, abandoning), functools.partial(asked.append, answers)]
        try:
            result = in_one_step(*asking, mine, *then)[len(asking)]
        except BaseException:
            abandoning()
            for answers in asked:
                answers.get()
            raise
        replies = [answers.get() for answers in asked]
        errors = [error for _, error in replies if error is not None]
        try:
            if errors:
                raise errors[0]
            return [result, *(each for each, _ in replies)]
        finally:
            del replies, errors  # an error refers to this call, which must not refer to it

    def close(self) -> None:
        """End the threads."""
        in_one_step(*(helper.end for helper in self._helpers))
        self._helpers.clear()

    def __enter__(self) -> "Team":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def startable_threads(wanted: int) -> int:
    """Return how many threads, at most `wanted`, the system can start beside the calling one."""
    with Team(1 + wanted, 1) as team:
        return team.threads - 1


def threads_for_chunks(n: int, rows: int, most: int | None = None) -> int:
    """Return the number of threads to use for `n` samples in chunks of `rows`, at most `most`."""
    threads = n // (LEAST_CHUNKS * rows)
    return min(cores() if most is None else most, threads) if threads > 1 else 1


def run_in_chunks(n: int, rows: int, threads: int, call: Callable[[slice], T]) -> list[T]:
    """Return call(chunk) for each chunk of `n` samples, in the order of the chunks.

    The chunks do not depend on the number of threads, so neither do sums over the results. The calling thread runs the
    first chunk before the others begin: if a kernel must be compiled, that happens in the thread that asked for it.
    Ctrl-C, or an error in any chunk, cancels the tasks that no thread has begun, and waits for the others.

    Parameters
    ----------
    n, rows : int
        Number of samples, and of samples in a chunk.
    threads : int
        Number of threads, the calling one included; fewer are used if the system can't start so many.
    call : function
        Takes a slice of the samples. Several threads call it at the same time.
    """
    chunks = [slice(start, start + rows) for start in range(0, n, rows)]
    if threads == 1 or len(chunks) < 2:
        return [call(chunk) for chunk in chunks]
    first, rest = call(chunks[0]), chunks[1:]
    size = min(CHUNKS_PER_TASK, max(1, len(rest) // threads))
    tasks = deque(enumerate(rest[start : start + size] for start in range(0, len(rest), size)))
    results: list[list[T]] = [[] for _ in tasks]

    def work(worker: kernels.Worker) -> None:
        # The calling thread takes tasks from the back, the others from the front, until they meet.
        take = tasks.pop if worker.thread == 0 else tasks.popleft
        try:
            while tasks:
                try:
                    number, task = take()
                except IndexError:  # another thread was faster
                    return
                results[number] = [call(chunk) for chunk in task]
        except BaseException:
            tasks.clear()
            raise

    with Team(threads, 1) as team:
        team.call(work, team.threads)
    return [first, *(result for task in results for result in task)]
