"""Every test run compiles its kernels anew, or it may judge yesterday's; and none touches the user's own cache."""

import os
import signal
import tempfile

import pytest

_fresh = tempfile.TemporaryDirectory(prefix="fastmlp-tests-")
os.environ["NUMBA_CACHE_DIR"] = os.path.join(_fresh.name, "numba")  # noqa: PTH118 (before any import of the package)
os.environ["XDG_CACHE_HOME"] = os.path.join(_fresh.name, "cache")  # noqa: PTH118


@pytest.fixture
def interrupts():
    """Python's own handling of Ctrl-C, which a shell's background job does not have."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)
