"""Threads that the package has started, counted; and systems that start only a few."""

import _thread
import contextlib
import time

from fastmlp.system import helper


@contextlib.contextmanager
def no_thread_is_left(seconds=10):
    """After the block there are no more threads than before, within some seconds."""
    before = _thread._count()
    yield
    wait_for_threads(before, seconds)


def wait_for_threads(n, seconds=10):
    """Wait until no more than `n` threads run beside the main thread."""
    deadline = time.monotonic() + seconds
    while _thread._count() > n and time.monotonic() < deadline:
        time.sleep(0.001)
    assert _thread._count() <= n


def start_no_more_than(monkeypatch, n):
    """Let the system refuse to start a thread after `n`."""
    started = []

    def limited(function, arguments):
        if len(started) == n:
            raise RuntimeError("can't start new thread")
        started.append(function)
        return _thread.start_new_thread(function, arguments)

    monkeypatch.setattr(helper, "_system_start", lambda: limited)
