"""Exceptions that arrive in the main thread from outside, at any moment, while a function runs."""

import _thread
import ctypes
import signal
import threading
import time


class ArrivedError(Exception):
    """What arrives: a time limit, say."""


def raise_arrived(number, frame):
    """Handle a signal by raising ArrivedError."""
    raise ArrivedError


def by_signal(function, seconds, times=1):
    """Call a function until the handler of a timer's signal raises ArrivedError, and again while it ends if need be."""
    left = iter([True] * times)

    def handler(number, frame):
        if _is_inside(frame) and next(left, None):  # in one step: this handler can be interrupted by itself
            raise ArrivedError

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6), 1e-4 if times > 1 else 1e-3)
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
    def work():
        time.sleep(seconds)
        throw()

    thread = threading.Thread(target=work)
    try:
        thread.start()
        _run(function)
    except ArrivedError:
        pass
    finally:
        thread.join()


def _run(function):
    function()


def _is_inside(frame):
    """Whether the function runs that is called by `_run`, or one that it calls."""
    while frame is not None and frame.f_code is not _run.__code__:
        frame = frame.f_back
    return frame is not None
