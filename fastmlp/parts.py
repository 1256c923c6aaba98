"""Work on many samples, cut into parts that threads share. Called by Network; calls Team."""

from collections.abc import Callable
from typing import TypeVar

from fastmlp.machine import cores
from fastmlp.team import Team

T = TypeVar("T")

LEAST_PARTS = 4
"""Of a quarter of a millisecond or more each, which make it worth to start a thread."""
MOST_PARTS = 16
"""A thread comes back after so many, so that Ctrl-C is heard in time: a part of a large network can take 10 ms."""


def threads_for(n: int, rows: int) -> int:
    """Return how many threads are worth while for n samples, `rows` of which are a part."""
    threads = n // (LEAST_PARTS * rows)
    return min(cores(), threads) if threads > 1 else 1


def in_parts(n: int, rows: int, threads: int, call: Callable[[slice, int], T]) -> list[T]:
    """Return call(part, thread) for each part of n samples, in the order of the parts.

    The parts don't depend on the number of threads, so neither do sums over what is returned.

    Parameters
    ----------
    n, rows : int
        Samples in all, and in a part.
    threads : int
    call : function
        Takes the part of the samples, and the number of the thread that it is called in.
    """
    parts = [slice(start, start + rows) for start in range(0, n, rows)]
    if threads == 1:
        return [call(part, 0) for part in parts]
    answers: dict[int, T] = {}
    with Team(threads) as team:
        for first in range(0, len(parts), MOST_PARTS * threads):
            some = range(first, min(first + MOST_PARTS * threads, len(parts)))

            def work(thread: int, some: range = some) -> int:
                answers.update({number: call(parts[number], thread) for number in some[thread::threads]})
                return 0

            team.call(work, threads)
    return [answers[number] for number in range(len(parts))]
