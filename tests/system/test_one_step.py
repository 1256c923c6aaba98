"""Steps that no exception of a signal handler comes between."""

import functools
import os
import signal
import time

import pytest
from helpers.arrivals import ArrivedError, raise_arrived

from fastmlp.system.one_step import in_one_step


def test_all_are_called_in_order():
    done = []
    assert in_one_step(*(functools.partial(done.append, n) for n in range(4)), lambda: 5) == [None] * 4 + [5]
    assert done == [0, 1, 2, 3]
    assert in_one_step() == []


def test_an_error_ends_them():
    done = []
    with pytest.raises(ZeroDivisionError):
        in_one_step(functools.partial(divmod, 1, 0), functools.partial(done.append, 1))
    assert not done


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_what_a_signal_handler_raises_arrives_after_all():
    done = []
    previous = signal.signal(signal.SIGALRM, raise_arrived)
    try:
        with pytest.raises(ArrivedError):
            in_one_step(
                functools.partial(signal.setitimer, signal.ITIMER_REAL, 0.001),
                functools.partial(sum, range(10**6)),  # takes longer, and does not listen to signals
                functools.partial(done.append, time.monotonic()),
            )
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert len(done) == 1
