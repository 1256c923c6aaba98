"""`python -m benchmarks`: the contestants in interleaved rounds, as medians and ratios.

Interleaved, since a shared machine's speed drifts: every round times each contestant once, and the ratio is taken
within the round.
"""

import platform
import statistics
import time

import numba
import numpy as np

from benchmarks.contestants import SIZES, TRAINERS, digits_here
from fastmlp.terminal import table

ROUNDS = 25


def rounds_of(batch_size: int) -> dict[str, list[float]]:
    """Return the seconds of an epoch of each contestant, round by round; all train the same network, or it raises."""
    digits = digits_here()
    contestants = {name: make(digits, batch_size) for name, make in TRAINERS.items()}
    for _, train in contestants.values():
        train(1)
    (ours, _), (theirs, _) = contestants["fastmlp"], contestants["numpy"]
    for W, V in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(W, V, atol=2e-3)
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        for name, (_, train) in contestants.items():
            started = time.perf_counter()
            train(1)
            seconds[name].append(time.perf_counter() - started)
    return seconds


def main() -> None:
    """Run all rounds and print the table."""
    shape = "-".join(map(str, SIZES))
    print(f"epochs of {shape}, {ROUNDS} rounds; fastmlp on one thread, NumPy on those that it takes")
    print(f"NumPy {np.__version__}, Numba {numba.__version__}")
    print(f"Python {platform.python_version()} on {platform.machine()}; {digits_here()!r}")
    for batch_size in (10, 32):
        seconds = rounds_of(batch_size)
        rows = [
            (name, f"{statistics.median(all_) * 1e3:6.1f} ms  ({min(all_) * 1e3:.1f} to {max(all_) * 1e3:.1f})")
            for name, all_ in seconds.items()
        ]
        ratios = [a / b for a, b in zip(seconds["numpy"], seconds["fastmlp"], strict=True)]
        ratio = f"{statistics.median(ratios):6.2f}     ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"\nbatches of {batch_size}\n{table([*rows, ('numpy / fastmlp', ratio)])}")


if __name__ == "__main__":
    main()
