"""Comparison of measured values: the faster number of threads, ratios, and times to an accuracy. Pure functions."""

import statistics
from collections.abc import Iterable
from typing import Any

from benchmarks.contestants import CONTESTANTS


def best(by_threads: dict[str, list[float]]) -> tuple[int, list[float]]:
    """Return the number of threads with the smaller median, and its seconds, round by round.

    A number of threads that was given up early does not count: its few rounds may have been lucky.
    """
    most = max(map(len, by_threads.values()))
    complete = {threads: times for threads, times in by_threads.items() if len(times) == most}
    threads, times = min(complete.items(), key=lambda item: statistics.median(item[1]))
    return int(threads), times


def ratio(theirs: list[float], ours: list[float]) -> float:
    """Return the median over the rounds of their time divided by ours; extra rounds of the longer list are ignored."""
    return statistics.median(a / b for a, b in zip(theirs, ours, strict=False))


def seconds_to(target: float, seconds: list[float], accuracy: list[float]) -> float | None:
    """Return the training time until the first epoch that reached the accuracy `target`; None if none did."""
    total = 0.0
    for each, reached in zip(seconds, accuracy, strict=True):
        total += each
        if reached >= target:
            return total
    return None


def reaches(measured: dict[str, Any], target: float) -> bool:
    """Tell whether the median accuracy over ten seeds or more is at least `target`."""
    return len(measured["seeds"]) >= 10 and statistics.median(measured["accuracy"]) >= target


def in_order(names: Iterable[str]) -> list[str]:
    """Return the contestants among `names`, in the order of their table."""
    found = set(names)
    return [name for name in CONTESTANTS if name in found]
