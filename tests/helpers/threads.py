"""Threads that the package has started, counted; and systems that start only a few."""

import _thread
import contextlib
import gc
import time

from fastmlp.system import helper


@contextlib.contextmanager
def no_thread_is_left(seconds=10):
    """After the block there are no more threads than before, within some seconds."""
    before = _thread._count()
    yield
    wait_for_threads(before, seconds)


def wait_for_threads(n, seconds=10):
    """Wait until no more than `n` threads run beside the main thread.

    One in some hundred exceptions that arrive from outside leaves references in a circle, with a thread's owner among
    them: the thread then ends when Python's collector of garbage runs next.
    """
    started = time.monotonic()
    while _thread._count() > n and time.monotonic() < started + seconds:
        time.sleep(0.001)
        if time.monotonic() > started + seconds / 10:
            gc.collect()
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
