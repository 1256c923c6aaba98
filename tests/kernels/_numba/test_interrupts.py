"""Signals while kernels are compiled: their handlers run between two kernels, and none is lost."""

import os
import pydoc
import signal

import numpy as np
import pytest
from helpers.arrivals import ArrivedError, raise_arrived
from numba.core.errors import TypingError

from fastmlp.kernels._numba.compile import kernel


@pytest.fixture
def new_folder(monkeypatch, tmp_path):
    """A cache without any kernel."""
    monkeypatch.setattr("fastmlp.kernels._numba.compile._folder", tmp_path)


@pytest.fixture
def alarm(interrupts):
    """A number of a signal whose handler raises ArrivedError."""
    if os.name == "nt":
        pytest.skip("POSIX signals")
    previous = signal.signal(signal.SIGALRM, raise_arrived)
    yield signal.SIGALRM
    signal.signal(signal.SIGALRM, previous)


def handlers():
    return [signal.getsignal(number) for number in signal.valid_signals()]


def new_kernels():
    @kernel
    def inner(x):
        return x + 1

    @kernel
    def outer(x):
        return inner(x) * 2

    return inner, outer


def raise_inside(listeners, *numbers):
    """Let signals arrive during the next compilation but one, which is that of a kernel inside."""

    def begin():
        listeners.clear()
        listeners.append(inside)

    def inside():
        listeners.clear()
        for number in numbers:
            signal.raise_signal(number)

    listeners.append(begin)


@pytest.mark.usefixtures("interrupts", "new_folder")
def test_ctrl_c_is_raised_before_the_next_kernel_is_compiled(listeners):
    before, (inner, outer) = handlers(), new_kernels()
    raise_inside(listeners, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        outer(np.float32(1))
    assert not inner.signatures  # it was not compiled first
    assert handlers() == before
    assert outer(np.float32(1)) == 4
    assert handlers() == before


@pytest.mark.usefixtures("new_folder")
def test_a_time_limit_is_raised_before_the_next_kernel_is_compiled(listeners, alarm):
    before, (inner, outer) = handlers(), new_kernels()
    raise_inside(listeners, alarm)
    with pytest.raises(ArrivedError):
        outer(np.float32(1))
    assert not inner.signatures
    assert handlers() == before


@pytest.mark.parametrize("moment", ["pickle.loads", "tempfile.mkstemp"])
@pytest.mark.usefixtures("new_folder")
def test_a_time_limit_is_raised_after_a_kernel_is_loaded_or_kept(moment, alarm, monkeypatch):
    """Errors are taken for those of a damaged file there, or of a full disk."""
    (inner, _), (same, _) = new_kernels(), new_kernels()
    if moment == "pickle.loads":
        inner(np.float32(1))
    function = pydoc.locate(moment)

    def late(*args, **kwargs):
        signal.raise_signal(alarm)
        return function(*args, **kwargs)

    monkeypatch.setattr(moment, late)
    with pytest.raises(ArrivedError):
        same(np.float32(1))


@pytest.mark.usefixtures("new_folder")
def test_all_signals_are_heard_even_if_the_handler_of_one_raises(listeners, alarm):
    before, (_, outer), heard = handlers(), new_kernels(), []
    previous = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    try:
        raise_inside(listeners, signal.SIGUSR1, alarm, signal.SIGUSR1, signal.SIGINT)
        with pytest.raises((ArrivedError, KeyboardInterrupt)) as raised:
            outer(np.float32(1))
        assert {type(raised.value), type(raised.value.__context__)} == {ArrivedError, KeyboardInterrupt}
        assert heard == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert handlers() == before


@pytest.mark.usefixtures("interrupts", "new_folder")
def test_the_second_ctrl_c_does_not_wait(listeners):
    before, (_, outer) = handlers(), new_kernels()
    raise_inside(listeners, signal.SIGINT, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        outer(np.float32(1))
    assert handlers() == before


@pytest.mark.usefixtures("new_folder")
def test_a_handler_may_predict_meanwhile(listeners, interrupts):
    _, outer = new_kernels()
    _, other = new_kernels()
    found = []
    previous = signal.signal(signal.SIGUSR1, lambda *_: found.append((other(np.float32(3)), outer(np.float32(1)))))
    try:
        raise_inside(listeners, signal.SIGUSR1)
        assert outer(np.float32(2)) == 6
        assert found == [(8, 4)]
    finally:
        signal.signal(signal.SIGUSR1, previous)


@pytest.mark.usefixtures("new_folder")
def test_a_handler_that_is_back_may_raise_before_the_others_are(alarm, monkeypatch):
    """A signal that arrives just when its handler has been put back."""
    before, (inner, _), put_back = handlers(), new_kernels(), []
    set_handler = signal.signal

    def set_and_press(number, handler):
        result = set_handler(number, handler)
        if handler in (raise_arrived, signal.default_int_handler):
            put_back.append(number)
            if len(put_back) == 1:
                signal.raise_signal(number)
        return result

    monkeypatch.setattr(signal, "signal", set_and_press)
    with pytest.raises((ArrivedError, KeyboardInterrupt)):
        inner(np.float32(1))
    assert {signal.SIGINT, signal.SIGALRM} <= set(put_back)
    assert handlers() == before


@pytest.mark.usefixtures("interrupts", "new_folder")
def test_a_kernel_that_cannot_be_compiled_ends_the_wait(listeners):
    @kernel
    def inner(x):
        return x.no_such_attribute

    @kernel
    def outer(x):
        return inner(x)

    before = handlers()
    for wrong in (inner, outer):
        for number in (1.0, 1.0, np.float32(1)):
            with pytest.raises(TypingError):
                wrong(number)
            assert handlers() == before
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    raise_inside(listeners, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        outer(np.int64(1))
    assert handlers() == before
