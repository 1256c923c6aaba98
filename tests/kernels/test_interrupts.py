"""Ctrl-C while a kernel is compiled: heard, not lost, between two kernels."""

import signal

import numpy as np
import pytest

from fastmlp.kernels._cache import compile_listeners, interrupts
from fastmlp.kernels._compile import kernel


@pytest.mark.usefixtures("interrupts")
def test_it_is_heard_when_the_kernel_is_compiled():
    @kernel
    def inner(x):
        return x + 1

    @kernel
    def outer(x):
        return inner(x) * 2

    def press():
        compile_listeners.clear()
        compile_listeners.append(press_again)

    def press_again():  # the inner kernel's compilation begins, inside of the outer one's
        compile_listeners.clear()
        signal.raise_signal(signal.SIGINT)

    compile_listeners.append(press)
    with pytest.raises(KeyboardInterrupt):
        outer(np.float32(1))
    assert not inner.signatures  # it was not compiled first
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert outer(np.float32(1)) == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interrupts")
def test_it_is_held_back_until_the_end_and_a_second_one_is_not():
    interrupts.begin()
    signal.raise_signal(signal.SIGINT)  # nothing is raised
    with pytest.raises(KeyboardInterrupt):
        interrupts.end()
    interrupts.begin()
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    interrupts.end()  # the compilation that was broken off does not reach its end; one that does, does no harm
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_kernels_release_the_gil():
    from fastmlp import kernels

    assert kernels.train.targetoptions["nogil"]
    assert kernels.train_packed.targetoptions["nogil"]
