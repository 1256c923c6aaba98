"""Exceptions that arrive in the main thread from outside, at any moment, while a function runs.

One that arrives while Python runs a destructor or the callback of a weak reference is lost: Python hands it to
`sys.unraisablehook` and goes on. So it is raised again if the function still runs after a second.
"""

import _thread
import contextlib
import ctypes
import signal
import sys
import threading
import time


class ArrivedError(Exception):
    """What arrives: a time limit, say."""


def raise_arrived(number, frame):
    """Handle a signal by raising ArrivedError."""
    raise ArrivedError


PATIENCE = 1
"""Seconds after which an exception counts as lost."""


def by_signal(function, seconds, times=1):
    """Call a function until the handler of a timer's signal raises ArrivedError, and again while it ends if need be."""
    left, deadline = iter([True] * times), time.monotonic() + seconds + PATIENCE

    def handler(number, frame):
        nonlocal deadline
        due = next(left, None) if _is_inside(frame) else False  # in one step: this handler can be interrupted by itself
        if due is None and time.monotonic() > deadline:
            deadline, due = time.monotonic() + PATIENCE, True
        if due:
            raise ArrivedError

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6), 1e-4 if times > 1 else 1e-3)
        with _losses_are_expected():
            _run(function)
    except ArrivedError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def by_several_signals(function, seconds):
    """Call a function until the handler of a timer's signal raises ArrivedError, up to three times, 0.1 ms apart."""
    by_signal(function, seconds, 3)


def by_ctrl_c(function, seconds):
    """Call a function until the user's own handler of Ctrl-C raises ArrivedError."""
    previous = signal.signal(signal.SIGINT, raise_arrived)
    try:
        _from_thread(function, seconds, _thread.interrupt_main)
    finally:
        signal.signal(signal.SIGINT, previous)


def by_thread(function, seconds):
    """Call a function until another thread raises ArrivedError in this one, as some time limits do."""
    me = ctypes.c_ulong(threading.get_ident())
    _from_thread(
        function, seconds, lambda: ctypes.pythonapi.PyThreadState_SetAsyncExc(me, ctypes.py_object(ArrivedError))
    )


def _from_thread(function, seconds, throw):
    ended = threading.Event()

    def work():
        wait = seconds
        while not ended.wait(wait):
            throw()
            wait = PATIENCE

    thread = threading.Thread(target=work)
    try:
        thread.start()
        with _losses_are_expected():
            _run(function)
    except ArrivedError:
        pass
    finally:
        ended.set()
        thread.join()


@contextlib.contextmanager
def _losses_are_expected():
    """Let Python lose an ArrivedError without a warning."""
    previous = sys.unraisablehook
    sys.unraisablehook = lambda lost: None if isinstance(lost.exc_value, ArrivedError) else previous(lost)
    try:
        yield
    finally:
        sys.unraisablehook = previous


def _run(function):
    function()


def _is_inside(frame):
    """Whether the function runs that is called by `_run`, or one that it calls."""
    while frame is not None and frame.f_code is not _run.__code__:
        frame = frame.f_back
    return frame is not None
