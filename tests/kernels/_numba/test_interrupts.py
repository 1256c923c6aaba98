"""Ctrl-C while kernels are compiled: raised between two kernels, never lost."""

import signal

import numpy as np
import pytest
from numba.core.errors import TypingError

from fastmlp.kernels._numba.cache import interrupts
from fastmlp.kernels._numba.compile import kernel


@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_is_raised_when_the_kernel_is_compiled(listeners, monkeypatch, tmp_path):
    monkeypatch.setattr("fastmlp.kernels._numba.compile._folder", tmp_path)  # where no compiled kernel is

    @kernel
    def inner(x):
        return x + 1

    @kernel
    def outer(x):
        return inner(x) * 2

    def press():
        listeners.clear()
        listeners.append(press_again)

    def press_again():  # the compilation of the inner kernel begins, during that of the outer one
        listeners.clear()
        signal.raise_signal(signal.SIGINT)

    listeners.append(press)
    with pytest.raises(KeyboardInterrupt):
        outer(np.float32(1))
    assert not inner.signatures  # it was not compiled first
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert outer(np.float32(1)) == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interrupts")
def test_the_first_ctrl_c_waits_for_the_end_and_the_second_does_not():
    interrupts.begin()
    signal.raise_signal(signal.SIGINT)  # nothing is raised
    with pytest.raises(KeyboardInterrupt):
        interrupts.end()
    interrupts.begin()
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    interrupts.end()  # an interrupted compilation does not reach its end; a call that comes all the same does no harm
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interrupts")
def test_a_kernel_that_cannot_be_compiled_ends_the_wait():
    @kernel
    def outer(x):
        return x.no_such_attribute

    with pytest.raises(TypingError):
        outer(1.0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
