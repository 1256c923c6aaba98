"""The options of the tests in tests/torture: how long they run, and from which seed."""

import os
import secrets


def torture_seconds(default):
    """Return how long a test runs: FASTMLP_TORTURE_SECONDS, or its own `default`."""
    return float(os.environ.get("FASTMLP_TORTURE_SECONDS", default))


def torture_seed():
    """Return FASTMLP_TORTURE_SEED, or a fresh seed; it is printed, so that a failure can be seen again."""
    seed = int(os.environ.get("FASTMLP_TORTURE_SEED", secrets.randbits(32)))
    print(f"FASTMLP_TORTURE_SEED={seed}")
    return seed
