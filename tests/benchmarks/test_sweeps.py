"""The sweeps over widths and batch sizes."""

from benchmarks import sweeps
from benchmarks.workloads import tuned


def test_the_points_of_a_sweep_are_full_batches():
    for width in sweeps.WIDTHS:
        samples = sweeps.samples_for(tuned("", (width, width), 128), 60000)
        assert samples % 128 == 0
        assert 640 <= samples <= 60000
    assert sweeps.samples_for(tuned("", (8, 8), 1), 60000) == sweeps.STEPS
