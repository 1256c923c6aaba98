"""Several threads in one kernel: who does what part, and how they wait for each other.

A parallel kernel is an ordinary one that every thread of a team calls with its own number: `part` gives each its share
of the outputs, `barrier` is where all wait until the last has come. That takes 0.1 to 0.3 us, where a `prange` region
takes 1.4 us on OpenMP and 75 us on Numba's own layer; it needs neither library, and any number of teams may be at work
at once. Outputs are split, never sums, so results are the same bits for any number of threads.

`team`: (16,) int64, all 0 before the threads start, the same array for all of them. Its element 0 counts arrivals; one
thread alone never touches it.
"""

import math
import os
import platform

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from fastmlp.kernels import tiles
from fastmlp.kernels._compile import kernel

SPINS = 20_000
"""Looks at the counter, some 50 us, before a waiting thread offers its core to others, which may need it."""

GROUP_ROWS = 4
"""Samples whose losses are summed together, whichever thread has them, so that sums have the same bits."""
_TILE = math.lcm(tiles.TILE_ROWS, GROUP_ROWS)

_IS_X86 = platform.machine().lower() in {"x86_64", "amd64", "i686", "x86"}
_yield_core = types.ExternalFunction("sched_yield", types.int32()) if os.name == "posix" else None


def new_team():
    """Return the memory that the threads of a team meet in: (16,) int64, zeros."""
    return np.zeros(16, np.int64)


@intrinsic
def _arrive(typing_context, team):
    """Add 1 to team[0] as one indivisible step; return what it was before."""

    def codegen(context, builder, signature, args):
        counter = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", counter, ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(team), codegen


@intrinsic
def _arrivals(typing_context, team):
    """Return team[0] as other threads have left it, and see all that they wrote before."""

    def codegen(context, builder, signature, args):
        counter = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.load_atomic(counter, "seq_cst", 8)

    return types.int64(team), codegen


@intrinsic
def _pause(typing_context):
    """Tell the core that it waits in a loop."""

    def codegen(context, builder, signature, args):
        if _IS_X86:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), codegen


if _yield_core is None:  # no such call: waiting threads go on spinning

    @kernel
    def _offer_core():
        _pause()

else:

    @kernel
    def _offer_core():
        _yield_core()


@kernel
def barrier(team, threads):
    """Wait until all threads of the team have come; what any wrote before, all see after.

    Parameters
    ----------
    team : (16,) int64
        From new_team.
    threads : int
        How many there are; 1 returns at once.
    """
    if threads > 1:
        wanted = (_arrive(team) // threads + 1) * threads
        spins = 0
        while _arrivals(team) < wanted:
            spins += 1
            if spins < SPINS:
                _pause()
            else:
                _offer_core()


@kernel
def part(n, multiple, thread, threads):
    """Return the first and the last + 1 of the units that are a thread's share of `n`.

    Parameters
    ----------
    n : int
    multiple : int
        Shares start at multiples of this.
    thread, threads : int
        Which thread, 0 to threads - 1.
    """
    if threads == 1:
        return 0, n
    blocks = (n + multiple - 1) // multiple
    first, last = blocks * thread // threads * multiple, blocks * (thread + 1) // threads * multiple
    return first, min(last, n)


@kernel
def part_of_rows(rows, thread, threads):
    """Return a thread's share of a batch, as `part` does: whole tiles if there are enough, whole groups always."""
    return part(rows, _TILE if rows >= 2 * _TILE * threads else GROUP_ROWS, thread, threads)
