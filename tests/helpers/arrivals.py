"""Exceptions that arrive in the main thread from outside, at any moment, while a function runs."""

import _thread
import ctypes
import signal
import threading
import time


class ArrivedError(Exception):
    """What arrives: a time limit, say."""


def raise_arrived(number, frame):
    raise ArrivedError


def by_signal(function, seconds, times=1):
    """Call a function until the handler of a timer's signal raises ArrivedError, soon again if `times` is above 1."""
    left = [None] * times

    def handler(number, frame):
        if left:
            left.pop()
            raise ArrivedError

    def wait():
        while left:
            time.sleep(1e-4)

    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6), 2e-4 if times > 1 else 0)
    _bear(function, times + 1)
    _bear(wait, times + 1)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, previous)


def by_several_signals(function, seconds):
    """Call a function until the handler of a timer's signal raises ArrivedError three times, 0.2 ms apart."""
    by_signal(function, seconds, 3)


def by_ctrl_c(function, seconds):
    """Call a function until the user's own handler of Ctrl-C raises ArrivedError."""
    previous = signal.signal(signal.SIGINT, raise_arrived)
    _from_thread(function, seconds, _thread.interrupt_main)
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

    def run():
        thread.start()
        function()

    _bear(run, 2)
    thread.join()


def _bear(function, levels):
    """Call a function; catch as many ArrivedErrors as there are levels: one may arrive while another is caught."""
    if levels == 0:
        function()
        return
    try:  # not contextlib.suppress, in which another one could arrive
        _bear(function, levels - 1)
    except ArrivedError:
        return
