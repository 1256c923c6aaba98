"""A fixture of the tests that watch compilations."""

import pytest

from fastmlp.kernels._numba.cache import compile_listeners


@pytest.fixture
def listeners():
    """The list of those told of a compilation, emptied for a test: commands that ran before may have left theirs."""
    before = compile_listeners[:]
    compile_listeners.clear()
    yield compile_listeners
    compile_listeners[:] = before
