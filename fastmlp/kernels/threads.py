"""Several threads in one kernel: which range of the work is a thread's own, and where threads wait for each other.

A parallel kernel is an ordinary one that every thread calls at the same time with its own `Worker`: `thread_range`
gives the range of outputs that it computes, `barrier` waits until the last thread has arrived. That takes 0.1 to 0.3
us; a `prange` region takes 1.4 us on OpenMP and 75 us on Numba's own layer. It needs neither library, and any number
of groups of threads may run at once. Outputs are split, never sums, so results are the same bits for any number of
threads, as long as all numbers are finite.
"""

import math
import os
import platform
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm import tiles

LOOKS = 1000
"""Looks at the counter, some 20 to 50 us, before a waiting thread offers its core to others, which may need it."""
OFFERS = 100
"""Offers of the core before a waiting thread sleeps between its looks. A core that sleeps is given a thread that waits
for another, busy core, such as the one that is waited for here; a core that is offered is not (docs/decisions/0017)."""

ABANDONED = 8
"""Place in `arrivals` that is not 0 if a thread never comes; in another cache line than the counter."""

GROUP_ROWS = 4
"""Samples whose losses are summed together, whichever thread has them, so that sums have the same bits."""
_TILE = math.lcm(tiles.TILE_ROWS, GROUP_ROWS)

_IS_X86 = platform.machine().lower() in {"x86_64", "amd64", "i686", "x86"}


class Worker(NamedTuple):
    """One of the threads that run a kernel together.

    Attributes
    ----------
    thread, threads : int
        Number of this thread, from 0, and how many there are.
    arrivals : (16,) int64
        Memory that the threads meet in, the same array for all of them; from new_arrivals. One thread alone never
        touches it.
    """

    thread: int
    threads: int
    arrivals: NDArray[np.int64]


def new_arrivals() -> NDArray[np.int64]:
    """Return memory for the barriers of a group of threads: (16,) int64, zeros."""
    return np.zeros(16, np.int64)


def alone() -> Worker:
    """Return the Worker of a kernel that one thread runs."""
    return Worker(0, 1, new_arrivals())


@intrinsic
def _arrive(typing_context, arrivals):
    """Add 1 to arrivals[0] as one indivisible step; return its value before."""

    def codegen(context, builder, signature, args):
        counter = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", counter, ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(arrivals), codegen


@intrinsic
def _look(typing_context, arrivals, place):
    """Return arrivals[place] as other threads have left it, and see all that they wrote before."""

    def codegen(context, builder, signature, args):
        first = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.load_atomic(builder.gep(first, [args[1]]), "seq_cst", 8)

    return types.int64(arrivals, types.intp), codegen


@intrinsic
def _pause(typing_context):
    """Tell the core that it waits in a loop."""

    def codegen(context, builder, signature, args):
        if _IS_X86:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), codegen


if os.name == "posix":
    _yield_core = types.ExternalFunction("sched_yield", types.int32())
    _sleep = types.ExternalFunction("usleep", types.int32(types.uint32))

    @kernel
    def _wait_a_moment(looks):
        """Pass some nanoseconds; if the thread has waited for long, let others have its core."""
        if looks < LOOKS:
            _pause()
        elif looks < LOOKS + OFFERS:
            _yield_core()
        else:
            _sleep(types.uint32(1))

else:  # the system has no such calls: waiting threads go on spinning

    @kernel
    def _wait_a_moment(looks):
        _pause()


@kernel
def first_barrier(worker):
    """Do what `barrier` does; but return False at once if one of the threads never comes, see `abandon`.

    The first barrier of a kernel must be this one. A thread that is in the kernel stays until its end, so the other
    barriers need no such look.
    """
    if worker.threads > 1:
        wanted = (_arrive(worker.arrivals) // worker.threads + 1) * worker.threads
        looks = 0
        while _look(worker.arrivals, 0) < wanted:
            if _look(worker.arrivals, ABANDONED) != 0:
                return False
            looks += 1
            _wait_a_moment(looks)
    return True


def abandon(arrivals: NDArray[np.int64]) -> None:
    """Let go of the threads that wait in `first_barrier`, since one can't begin; `arrivals` can't be used again."""
    arrivals[ABANDONED] = 1


@kernel
def barrier(worker):
    """Wait until all threads have arrived; what any wrote before, all see after.

    Parameters
    ----------
    worker : Worker
        With one thread, the barrier returns at once.
    """
    if worker.threads > 1:
        wanted = (_arrive(worker.arrivals) // worker.threads + 1) * worker.threads
        looks = 0
        while _look(worker.arrivals, 0) < wanted:
            looks += 1
            _wait_a_moment(looks)


@kernel
def thread_range(n, multiple, worker):
    """Return the first of a thread's own units among `n`, and the one behind its last.

    Parameters
    ----------
    n : int
        Units in all.
    multiple : int
        Ranges start at multiples of this.
    worker : Worker
    """
    if worker.threads == 1:
        return 0, n
    blocks = (n + multiple - 1) // multiple
    first = blocks * worker.thread // worker.threads * multiple
    last = blocks * (worker.thread + 1) // worker.threads * multiple
    return first, min(last, n)


@kernel
def thread_rows(rows, worker):
    """Return a thread's range of a batch, see thread_range: whole tiles if there are enough, whole groups always."""
    return thread_range(rows, _TILE if rows >= 2 * _TILE * worker.threads else GROUP_ROWS, worker)
