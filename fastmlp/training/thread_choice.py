"""The number of threads that train, chosen by measured speed.

More threads share the work, but wait for each other twice in a batch: for a small network, or if other programs keep
the cores busy, one thread is faster. Both numbers are tried, and the slower one again from time to time. The speed of a
number is the best of its last few slices: a disturbance makes a slice slower, never faster.
"""

from collections import deque

THREAD_FLOP, THREAD_ROWS = 1e6, 8
"""Least work in a batch, and least samples, for each thread, so that waiting for the others is little beside it."""
TRIES = 2
"""How often each number is tried at first: the first slices are short."""
RETRY_AFTER = 16
"""Retry the slower number after this many times the time its last try took: at most 1/16 overhead, even though waiting
for each other on busy cores can make it 20 times as slow."""
SLICES = 3
"""Number of recent slices that count."""


def most_useful_threads(most: int, n_params: int, batch_size: int) -> int:
    """Return the largest number of threads, at most `most`, that can be worthwhile for a network and batch size."""
    work = 6 * n_params * batch_size
    return int(max(1, min(most, work // THREAD_FLOP, batch_size // THREAD_ROWS)))


class ThreadChoice:
    """Chooses the number of threads of each slice.

    Parameters
    ----------
    candidates : tuple of int
        The numbers to choose from, the one expected to be fastest last.
    """

    def __init__(self, candidates: tuple[int, ...]) -> None:
        self._speeds: dict[int, deque[float]] = {threads: deque(maxlen=SLICES) for threads in candidates}
        self._candidates = candidates
        self._tries = dict.fromkeys(candidates, 0)
        self._last = dict.fromkeys(candidates, 0.0)
        self._since = dict.fromkeys(candidates, 0.0)

    @property
    def fastest(self) -> int:
        """The number of threads that was fastest."""
        return max(reversed(self._candidates), key=lambda threads: max(self._speeds[threads], default=0.0))

    def choose(self) -> int:
        """Return the number of threads for the next slice: an untried one, one due for a retry, or the fastest."""
        if len(self._candidates) == 1:
            return self._candidates[0]
        least = min(self._candidates, key=lambda threads: self._tries[threads])
        if self._tries[least] < TRIES:
            return least
        due = (each for each in self._candidates if self._since[each] > RETRY_AFTER * self._last[each])
        return next(due, self.fastest)

    def record(self, threads: int, samples: int, seconds: float) -> None:
        """Record the speed of a slice."""
        self._speeds[threads].append(samples / max(seconds, 1e-9))
        self._tries[threads] += 1
        self._last[threads] = seconds
        self._since = {other: since + seconds for other, since in self._since.items()} | {threads: 0.0}
