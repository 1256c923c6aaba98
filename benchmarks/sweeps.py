"""Samples per second by width of the hidden layers, and by batch size, with each contestant's best number of threads.

Every point is an epoch on as many samples as take at most about a second, in three interleaved rounds.
"""

from typing import Any

from benchmarks.arena import data_folder, digits_here, installed, processes
from benchmarks.results import Options, heading
from benchmarks.speed import rounds
from benchmarks.workloads import Workload, tuned
from fastmlp.system.terminal import notice

WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
FLOP, STEPS = 5e10, 1500
"""Limits of an epoch: floating-point operations, and steps."""
ROUNDS = 3


def run_widths(options: Options) -> dict[str, Any]:
    """Return the result for two hidden layers of each width, in batches of 128."""
    widths = WIDTHS[::4] if options.quick else WIDTHS
    return _run("widths", options, {width: tuned(f"width {width}", (width, width), 128) for width in widths})


def run_batches(options: Options) -> dict[str, Any]:
    """Return the result for the network of the workload `tweak` with each batch size."""
    sizes = BATCH_SIZES[::4] if options.quick else BATCH_SIZES
    return _run("batches", options, {size: tuned(f"batches of {size}", (128, 64), size) for size in sizes})


def _run(section: str, options: Options, points: dict[int, Workload]) -> dict[str, Any]:
    data = digits_here()
    contestants, skipped = installed(options.contestants)
    result = heading(section, options, data.name) | {"skipped": skipped, "points": []}
    with (
        data_folder(data) as folder,
        processes([each for each in contestants if each.swept], folder) as field,
    ):
        for process in field:
            result["versions"] |= process.versions
        for x, workload in points.items():
            samples = samples_for(workload, len(data.train.X))
            notice(f"{workload.name}: {workload.title}, {samples:,} samples")
            seconds = rounds(field, workload, 2 if options.quick else ROUNDS, samples)
            point = {"x": x, "workload": workload.to_dict(), "samples": samples, "seconds": seconds}
            result["points"].append(point)
    return result


def samples_for(workload: Workload, n: int) -> int:
    """Return how many of n samples a point of a sweep trains on: at least five full batches."""
    flop = 6 * sum(a * b for a, b in zip(workload.sizes, workload.sizes[1:], strict=False))
    batches = min(n, int(FLOP / flop), STEPS * workload.batch_size) // workload.batch_size
    return min(n, max(5, batches) * workload.batch_size)
