"""Denormal numbers, those below 1e-38 in float32, taken as 0 while a kernel runs.

Adam's averages of a gradient that has become 0 shrink step by step, end as denormal numbers and stay so for ever. Many
CPUs compute with these in microcode: an epoch of 784-128-64-10 with ReLU took twice as long for it.
"""

import platform

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from fastmlp.kernels.llvm.vectors import I32, I64

_MACHINE = platform.machine().lower()
_IS_X86, _IS_ARM = _MACHINE in {"x86_64", "amd64"}, _MACHINE in {"aarch64", "arm64"}
_ZERO_BITS = 0x8040 if _IS_X86 else 1 << 24
"""Bits of the register MXCSR, or FPCR on ARM, that make denormal results and operands 0."""


def _exchange(builder, change):
    """Write code that replaces the floating-point mode by change(mode); return the mode before as int64."""
    if _IS_X86:
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
        place = cgutils.alloca_once(builder, I32)
        pointer = builder.bitcast(place, kind.args[0])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse.stmxcsr"), [pointer])
        mode = builder.zext(builder.load(place), I64)
        builder.store(builder.trunc(change(mode), I32), place)
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse.ldmxcsr"), [pointer])
        return mode
    if _IS_ARM:
        read = cgutils.get_or_insert_function(builder.module, ir.FunctionType(I64, []), "llvm.aarch64.get.fpcr")
        mode, kind = builder.call(read, []), ir.FunctionType(ir.VoidType(), [I64])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.aarch64.set.fpcr"), [change(mode)])
        return mode
    return ir.Constant(I64, 0)


@intrinsic
def flush_denormals(typing_context):
    """Take denormal numbers as 0 from here on in this thread; return the mode before, for restore_mode."""

    def codegen(context, builder, signature, args):
        return _exchange(builder, lambda mode: builder.or_(mode, ir.Constant(I64, _ZERO_BITS)))

    return types.int64(), codegen


@intrinsic
def restore_mode(typing_context, mode):
    """Set the floating-point mode that flush_denormals returned."""

    def codegen(context, builder, signature, args):
        _exchange(builder, lambda _: args[0])
        return context.get_dummy_value()

    return types.void(types.int64), codegen
