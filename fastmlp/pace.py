"""The number of threads, chosen by the speed that each is seen to reach. Called by Trainer.

More threads share the work, but wait for each other twice in a batch: for a small network, or when other programs keep
the cores busy, one thread is faster. Both are tried, and the slower one again from time to time. A number's speed is
the best of its last few slices: what disturbs one of them makes it slower, never faster.
"""

from collections import deque

TRIES = 2
"""How often each number is tried at first: the first slices are short."""
TRY_AGAIN = 16
"""The slower number is tried again after so many times the time that it took, so that this costs no more than a part
in so many, though waiting for each other on busy cores can make it 20 times as slow."""
SLICES = 3
"""How many of the last slices count."""


class Pace:
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
        """Return the number of threads for the next slice: one not tried yet or not for long, else the fastest."""
        least = min(self._candidates, key=lambda threads: self._tries[threads])
        if self._tries[least] < TRIES:
            return least
        due = (each for each in self._candidates if self._since[each] > TRY_AGAIN * self._last[each])
        return next(due, self.fastest)

    def record(self, threads: int, samples: int, seconds: float) -> None:
        """Take note of a slice's speed."""
        self._speeds[threads].append(samples / max(seconds, 1e-9))
        self._tries[threads] += 1
        self._last[threads] = seconds
        self._since = {other: since + seconds for other, since in self._since.items()} | {threads: 0.0}
